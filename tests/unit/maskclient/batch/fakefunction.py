"""Plays the function of a bucket: answers each input once, as its content says.

What an object holds says what becomes of it: the verdicts of its faces, separated by spaces, `none` for no
face, `broken` for a failure; an archive holds lines `member: …` of that kind.
"""

import json
from typing import TYPE_CHECKING, Any

from tests.unit.maskclient.batch.conftest import BUCKET
from tests.unit.maskclient.batch.documents import archive, face, failure, picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FakeFunction:
    """Answers what lies below `in/`."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def answer(self, *, leaving: int = 0) -> None:
        """Answer all inputs but some."""
        found = self._s3.list_object_versions(Bucket=BUCKET, Prefix="in/").get("Versions", [])
        for version in found[: len(found) - leaving]:
            name = version["VersionId"] if version["VersionId"] != "null" else version["ETag"].strip('"')
            given: dict[str, Any] = (
                {} if version["VersionId"] == "null" else {"VersionId": version["VersionId"]}
            )
            says = self._s3.get_object(Bucket=BUCKET, Key=version["Key"], **given)["Body"].read().decode()
            day = version["LastModified"].date().isoformat()
            place = f"{day}/{version['Key'].removeprefix('in/')}/{name}"
            if version["Key"].endswith((".zip", ".tar")):
                self._answer_archive(version["Key"], name, place, says.splitlines())
            else:
                self._put(place, judged(version["Key"], name, says))

    def _answer_archive(self, key: str, version: str, place: str, lines: list[str]) -> None:
        failed = 0
        for line in lines:
            member, _, says = line.partition(": ")
            document = judged(key, version, says, member)
            failed += document["kind"] == "failure"
            self._put(f"{place}/{member}", document)
        self._put(place, archive(key, version, len(lines) - failed, failed))

    def _put(self, place: str, document: dict[str, Any]) -> None:
        form = "failed" if document["kind"] == "failure" else "out"
        self._s3.put_object(Bucket=BUCKET, Key=f"{form}/{place}.json", Body=json.dumps(document).encode())


def judged(key: str, version: str, says: str, member: str | None = None) -> dict[str, Any]:
    if says == "broken":
        return failure(key, version, member=member)
    faces = [] if says == "none" else [face(verdict) for verdict in says.split()]
    return picture(key, version, *faces, member=member)
