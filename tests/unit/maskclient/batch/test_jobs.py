from pathlib import Path

import pytest

from maskclient.batch.jobs import S3Place, checked_job, files_of, job_of, s3_place
from maskclient.errors import ConfigurationInvalid


def test_the_same_folder_always_gets_the_same_name_and_another_one_another() -> None:
    assert job_of("/home/a/Photos 2026") == job_of("/home/a/Photos 2026")
    assert job_of("/home/a/Photos 2026").startswith("Photos-2026-")
    assert job_of("/home/a/photos") != job_of("/home/b/photos")


@pytest.mark.parametrize(
    "place", ["/", "/日本", "/a/" + "x" * 300, "/a/é è", "/\udcff", "s3://b/in/photos/j/"]
)
def test_every_name_can_be_one(place: str) -> None:
    assert checked_job(job_of(place)) == job_of(place)


@pytest.mark.parametrize("name", ["", "-a", "a/b", "..", "a b", "a" * 101, "ä", "a\n"])
def test_names_become_parts_of_keys(name: str) -> None:
    with pytest.raises(ConfigurationInvalid):
        checked_job(name)


def test_addresses_are_known() -> None:
    assert s3_place("photos/") is None
    assert s3_place("s3://b") == S3Place("b", "")
    assert s3_place("s3://b/in/photos/j/") == S3Place("b", "in/photos/j/")


def test_files_are_beside_the_output_or_here() -> None:
    beside = files_of("job", Path("x/a.csv"), None, None)
    assert (beside.journal, beside.results) == (Path("x/a.csv.journal"), Path("x/a.csv.results"))
    assert {path.name for path in beside.all} == {
        "a.csv",
        "a.csv.results",
        "a.csv.journal",
        "a.csv.journal-journal",
        "a.csv.journal-wal",
        "a.csv.journal-shm",
    }
    here = files_of("job", None, None, None)
    assert (here.out, here.journal, here.results) == (Path("-"), Path("job.journal"), Path("job.results"))
    named = files_of("job", Path("-"), Path("j"), Path("r"))
    assert (named.journal, named.results) == (Path("j"), Path("r"))
