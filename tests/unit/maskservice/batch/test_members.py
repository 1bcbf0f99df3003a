import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from maskservice.batch.faults import (
    ArchiveFault,
    ArchiveTooLarge,
    BadArchive,
    NestedArchive,
    ObjectTooLarge,
    UnreadableMember,
)
from maskservice.batch.guardedfile import MOST_AT_ONCE
from maskservice.batch.members import ArchiveLimits, members
from tests.unit.maskservice.batch.archivesmade import (
    announcing,
    directory_of,
    encrypted,
    long_name_of,
    tarred,
    zipped,
)

LIMITS = ArchiveLimits(members=20, member_bytes=1000, unpacked_bytes=10_000)

KINDS: dict[str, Callable[..., bytes]] = {
    "a.zip": zipped,
    "a.tar": tarred,
    "a.tar.gz": lambda *given: tarred(*given, mode="w:gz"),
    "A.TGZ": lambda *given: tarred(*given, mode="w:gz"),
}


def read_all(name: str, packed: bytes, limits: ArchiveLimits = LIMITS) -> list[tuple[str, str, bytes | None]]:
    return [
        (member.name, member.filed, member.read() if member.read else None)
        for member in members(io.BytesIO(packed), name, limits)
    ]


def read_until_fault(name: str, packed: bytes, limits: ArchiveLimits = LIMITS) -> tuple[list[str], str]:
    """The members before the damage, and what the fault is."""
    seen = []
    try:
        for member in members(io.BytesIO(packed), name, limits):
            if member.read is not None:
                member.read()
            seen.append(member.name)
    except ArchiveFault as fault:
        return seen, fault.problem_type
    return seen, "none"


@pytest.mark.parametrize("name", KINDS)
def test_members_come_in_order_with_their_content(name: str) -> None:
    packed = KINDS[name](("a.jpg", b"one"), ("x/ü.PNG", b"two"), ("notes.txt", b"no"), ("c.webp", b""))
    assert read_all(name, packed) == [
        ("a.jpg", "a.jpg", b"one"),
        ("x/ü.PNG", "x/ü.PNG", b"two"),
        ("notes.txt", "notes.txt", None),
        ("c.webp", "c.webp", b""),
    ]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "member", ["__MACOSX/a.jpg", ".a.jpg", "x/.y/a.jpg", "Thumbs.db", "readme", "__MACOSX/a.zip"]
)
def test_what_is_no_picture_by_name_is_passed_over(name: str, member: str) -> None:
    assert read_all(name, KINDS[name]((member, b"x")))[0][2] is None


def special(name: str, *kinds: bytes) -> bytes:
    """A tar of members that are no files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:") as archive:
        for kind in kinds:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    return packed.getvalue()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_fails_where_it_is_called_a_picture(kind: bytes) -> None:
    with pytest.raises(UnreadableMember, match="Pack the file itself"):
        read_all("a.tar", special("a.jpg", kind))
    assert read_all("a.tar", special("notes.txt", kind)) == [("notes.txt", "notes.txt", None)]


def test_folders_and_pipes_are_passed_over() -> None:
    packed = special("a.jpg", tarfile.DIRTYPE, tarfile.FIFOTYPE)
    assert [content for _, _, content in read_all("a.tar", packed)] == [None] * 2
    assert read_all("a.zip", zipped(("folder.jpg/", b"")))[0][2] is None


@pytest.mark.parametrize("name", KINDS)
def test_odd_names_leave_no_folder_and_hide_nobody(name: str) -> None:
    packed = KINDS[name](("../a.jpg", b"1"), ("/b.jpg", b"2"), ("c.jpg", b"3"), ("C.jpg", b"4"))
    assert [filed for _, filed, _ in read_all(name, packed)] == ["~0.jpg", "~1.jpg", "c.jpg", "~3.jpg"]


def test_a_name_that_is_no_text_is_told_in_escapes() -> None:
    packed = tarred(("bad-\udcff.jpg", b"x"))
    assert read_all("a.tar", packed) == [("bad-\\udcff.jpg", "~0.jpg", b"x")]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("inner", ["b.zip", "b.tar.gz", "b.7z"])
def test_an_archive_in_an_archive_is_not_opened(name: str, inner: str) -> None:
    with pytest.raises(NestedArchive, match="Pack the pictures into one"):
        read_all(name, KINDS[name]((inner, b"x")))


@pytest.mark.parametrize("name", KINDS)
def test_a_member_that_is_too_large_costs_only_itself(name: str) -> None:
    packed = KINDS[name](("a.jpg", b"x" * 1001), ("b.jpg", b"x" * 1000))
    walk = members(io.BytesIO(packed), name, LIMITS)
    with pytest.raises(ObjectTooLarge):
        (next(walk).read or bytes)()
    assert len((next(walk).read or bytes)()) == 1000


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_says() -> None:
    packed = bytearray(zipped(("a.jpg", b"x" * 900_000)))
    directory = packed.index(b"PK\x01\x02")
    packed[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    with pytest.raises(UnreadableMember, match="damaged"):
        read_all("a.zip", bytes(packed))


def test_members_that_cannot_be_unpacked_cost_only_themselves() -> None:
    with pytest.raises(UnreadableMember, match="encrypted"):
        read_all("a.zip", encrypted(b"x"))
    with pytest.raises(UnreadableMember, match="method"):
        read_all("a.zip", zipped(("a.jpg", b"x"), method=zipfile.ZIP_LZMA))
    packed = bytearray(zipped(("a.jpg", b"first content"), ("b.jpg", b"second"), method=zipfile.ZIP_STORED))
    packed[packed.index(b"first content")] ^= 0xFF
    walk = members(io.BytesIO(bytes(packed)), "a.zip", LIMITS)
    with pytest.raises(UnreadableMember, match="CRC"):
        (next(walk).read or bytes)()
    assert (next(walk).read or bytes)() == b"second"


@pytest.mark.parametrize("name", ["a.tar", "a.tgz"])
@pytest.mark.parametrize("share", [0.4, 0.55, 0.7])
def test_members_before_the_end_of_a_cut_tar_count(name: str, share: float) -> None:
    data = [(f"{number}.jpg", bytes(range(256)) * 3) for number in range(8)]
    packed = tarred(*data)[: 8 * 1536]
    cut = packed[: int(len(packed) * share) // 512 * 512 + 100]
    seen, fault = read_until_fault(name, gzip.compress(cut) if name == "a.tgz" else cut)
    assert fault == "bad-archive"
    assert seen == [f"{number}.jpg" for number in range(len(cut) // 1536)]


def test_a_cut_gzip_is_damage_too() -> None:
    packed = tarred(*[(f"{n}.jpg", bytes([n * 7 % 256, n]) * 400) for n in range(8)], mode="w:gz")
    assert read_until_fault("a.tgz", packed[:-40])[1] == "bad-archive"


def test_a_broken_header_behind_a_member_is_no_quiet_end() -> None:
    packed = bytearray(tarred(("a.jpg", b"1"), ("b.jpg", b"2"), ("c.jpg", b"3")))
    packed[1024 + 10] ^= 0xFF
    assert read_until_fault("a.tar", bytes(packed)) == (["a.jpg"], "bad-archive")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "content", [b"", b"x", b"PK\x03\x04", b"no archive " * 100, b"\x1f\x8b" + bytes(100)]
)
def test_what_is_no_archive_is_a_bad_one(name: str, content: bytes) -> None:
    assert read_until_fault(name, content)[1] == "bad-archive"


@pytest.mark.parametrize("name", KINDS)
def test_more_members_than_are_read_end_the_archive_but_not_those_before(name: str) -> None:
    packed = KINDS[name](*[(f"{number}.jpg", b"x") for number in range(21)])
    seen, fault = read_until_fault(name, packed, ArchiveLimits(20, 1000, 100_000))
    assert (len(seen), fault) == (20, "archive-too-large")


@pytest.mark.parametrize("name", KINDS)
def test_more_bytes_than_are_unpacked_end_the_archive(name: str) -> None:
    packed = KINDS[name](*[(f"{number}.jpg", b"x" * 900) for number in range(14)])
    seen, fault = read_until_fault(name, packed)
    assert fault == "archive-too-large"
    assert 5 <= len(seen) <= 11


def test_a_bomb_is_not_unpacked_to_be_passed_over() -> None:
    bomb = gzip.compress(tarred(("notes.txt", bytes(50_000_000))))
    assert len(bomb) < 100_000
    with pytest.raises(ArchiveTooLarge, match="more than 10000 bytes"):
        read_all("a.tgz", bomb)


def test_sizes_from_headers_are_never_reserved() -> None:
    for packed in (announcing(7_000_000_000), long_name_of(7_000_000_000)):
        with pytest.raises(ArchiveFault):
            read_all("a.tar", packed)
    with pytest.raises(BadArchive, match="directory"):
        read_all("a.zip", directory_of(MOST_AT_ONCE + 1))
