from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskclient.api import MaskCheckClient
from maskclient.detector import Box, Face
from maskclient.errors import AuthenticationError
from maskclient.judge import Judge, PictureReport
from maskclient.pictures import PictureFile
from maskclient.retry import RetryPolicy
from tests.unit.maskclient.scripted_api import REF, Reply, ScriptedApi, result


class CountingDetector:
    """Finds as many faces as the first pixel says."""

    def detect(self, rgb: np.ndarray) -> list[Face]:
        return [Face(Box(number, 0, number + 30, 30), 0.9) for number in range(rgb[0, 0, 0])]


@pytest.fixture
def client(api: ScriptedApi) -> Iterator[MaskCheckClient]:
    with MaskCheckClient(api.url, retry=RetryPolicy(tries=1)) as connected:
        yield connected


def picture(folder: Path, faces: int, name: str = "") -> PictureFile:
    path = folder / (name or f"{len(list(folder.iterdir()))}.png")
    Image.new("RGB", (60, 40), (faces, 0, 0)).save(path)
    return PictureFile(path)


def judge(client: MaskCheckClient, pictures: list[PictureFile]) -> list[PictureReport]:
    return list(Judge(client, CountingDetector()).judge(pictures))


def posts(api: ScriptedApi) -> list[int]:
    return [request.crops for request in api.received if request.method == "POST"]


def test_crops_of_several_pictures_share_requests(
    api: ScriptedApi, client: MaskCheckClient, tmp_path: Path
) -> None:
    files = [picture(tmp_path, faces) for faces in (5, 0, 9, 20, 1, 0)]
    reports = judge(client, files)
    assert posts(api) == [16, 16, 3]
    assert [report.path for report in reports] == [file.path for file in files]
    assert [len(report.faces) for report in reports] == [5, 0, 9, 20, 1, 0]
    assert not any(report.failed for report in reports)


def test_answers_are_numbered_within_their_picture(
    api: ScriptedApi, client: MaskCheckClient, tmp_path: Path
) -> None:
    reports = judge(client, [picture(tmp_path, 3), picture(tmp_path, 2)])
    indices = [[face.result.raw["index"] for face in report.faces if face.result] for report in reports]
    assert indices == [[0, 1, 2], [0, 1]]
    assert b'filename="face-1.jpg"' in api.received[-1].body
    assert str(tmp_path).encode() not in api.received[-1].body


def test_reports_come_as_soon_as_they_are_complete(
    api: ScriptedApi, client: MaskCheckClient, tmp_path: Path
) -> None:
    files = [picture(tmp_path, faces) for faces in (0, 16, 1)]
    reports = Judge(client, CountingDetector()).judge(files)
    assert next(reports).faces == ()
    assert posts(api) == []
    assert len(next(reports).faces) == 16
    assert posts(api) == [16]
    assert len(next(reports).faces) == 1


def test_what_is_wrong_with_one_picture_does_not_stop_the_others(
    client: MaskCheckClient, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"nothing")
    missing = PictureFile(tmp_path / "missing.jpg", "there is no such file or folder")
    reports = judge(client, [missing, picture(tmp_path, 1), PictureFile(broken), picture(tmp_path, 2)])
    assert [report.error is None for report in reports] == [False, True, False, True]
    assert [report.size for report in reports] == [None, (60, 40), None, (60, 40)]
    assert [report.failed for report in reports] == [True, False, True, False]


def test_a_request_that_fails_costs_only_its_pictures(
    api: ScriptedApi, client: MaskCheckClient, tmp_path: Path
) -> None:
    files = [picture(tmp_path, faces) for faces in (10, 10, 10, 4)]
    judging = Judge(client, CountingDetector())
    api.script.append(Reply(503, {"detail": "Out of order."}))
    reports = list(judging.judge(files))
    assert ["Out of order" in str(report.error) for report in reports] == [True, True, False, False]
    answered = [[face.result is not None for face in report.faces] for report in reports]
    assert answered == [[False] * 10, [False] * 6 + [True] * 4, [True] * 10, [True] * 4]


def test_a_crop_that_fails_is_a_failure_of_its_picture_only(
    api: ScriptedApi, client: MaskCheckClient, tmp_path: Path
) -> None:
    judging = Judge(client, CountingDetector())
    bad = {"index": 1, "filename": None, "error": {"type": "undecodable-image", "detail": "Broken."}}
    api.script.append(
        Reply(document={"request_id": "r", "model": REF, "results": [result(0), bad, result(2)]})
    )
    first, second = judging.judge([picture(tmp_path, 2), picture(tmp_path, 1)])
    assert (first.failed, second.failed) == (True, False)
    assert first.faces[1].error is not None
    assert first.faces[1].judgement is None


def test_a_wrong_key_is_met_before_any_picture(api: ScriptedApi, client: MaskCheckClient) -> None:
    api.script.append(Reply(403))
    with pytest.raises(AuthenticationError):
        Judge(client, CountingDetector())
