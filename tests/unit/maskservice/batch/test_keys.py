import pytest

from maskservice.batch.keys import FAILURES, RESULTS, Source, is_crop, summary_key


def test_everything_about_an_input_lies_where_its_name_version_and_day_say(source: Source) -> None:
    assert source.place(RESULTS) == "out/2026-11-26/photos/job/a.jpg/v1.json"
    assert source.place(FAILURES) == "failed/2026-11-26/photos/job/a.jpg/v1.json"
    assert source.path == "photos/job/a.jpg"


def test_a_member_lies_behind_its_archive() -> None:
    archive = Source("b", "in/crops/a.zip", "v1", "2026-11-26", crop=True)
    member = archive.of_member("x/../ü.jpg", "~3.jpg")
    assert archive.is_archive
    assert not member.is_archive
    assert member.place(RESULTS) == "out/2026-11-26/crops/a.zip/v1/~3.jpg.json"
    assert member.path == "crops/a.zip!/x/../ü.jpg"
    assert member.told() == {"bucket": "b", "key": "in/crops/a.zip", "version": "v1", "member": "x/../ü.jpg"}


def test_folders_have_no_days() -> None:
    assert Source("local", "in/a.jpg", "v1", None, crop=False).place(RESULTS) == "out/a.jpg/v1.json"
    assert summary_key(None, "x") == "summary/x.jsonl"
    assert summary_key("2026-11-26", "x") == "summary/date=2026-11-26/x.jsonl"


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "a.tar", "a.tar.gz", "a.tgz"])
def test_archives_are_known_by_their_names(name: str) -> None:
    assert Source("b", f"in/{name}", "v", None, crop=False).is_archive


@pytest.mark.parametrize("name", ["a.jpg", "zip", "a.zip.jpg", "a.gz"])
def test_other_names_are_pictures(name: str) -> None:
    assert not Source("b", f"in/{name}", "v", None, crop=False).is_archive


def test_a_key_never_grows_beyond_what_s3_takes() -> None:
    longest = Source("b", "in/" + "ü" * 510, "v" * 32, "2026-11-26", crop=False)
    other = Source("b", "in/" + "ü" * 509 + "xx", "v" * 32, "2026-11-26", crop=False)
    places = {source.of_member("m", "m" * 250).place(RESULTS) for source in (longest, other)}
    assert len(places) == 2
    assert max(len(place.encode()) for place in places) <= 1024


def test_inputs_that_differ_in_anything_have_identities_that_differ(source: Source) -> None:
    others = [
        source,
        Source("b2", source.key, "v1", source.date, crop=False),
        Source(source.bucket, source.key, "v2", source.date, crop=False),
        source.of_member("a", "a"),
        source.of_member("a", "~1"),
    ]
    assert len({other.identity for other in others}) == len(others)


def test_crops_are_what_lies_below_crops() -> None:
    assert is_crop("in/crops/a.jpg")
    assert not is_crop("in/photos/crops/a.jpg")
    assert not is_crop("in/cropsome.jpg")
