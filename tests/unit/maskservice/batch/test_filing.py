import pytest

from maskservice.batch.filing import Filing


@pytest.mark.parametrize("name", ["a.jpg", "x/ä b.jpg", "x/y/z.PNG", "a~.jpg", ".hidden.jpg"])
def test_a_plain_name_stays(name: str) -> None:
    assert Filing().filed(name, 7) == name


@pytest.mark.parametrize(
    "name",
    [
        "/etc/a.jpg",
        "../a.jpg",
        "x/../../a.jpg",
        "./a.jpg",
        "x//a.jpg",
        "C:\\a.jpg",
        "x\\a.jpg",
        "a\n.jpg",
        "a\x00.jpg",
        "bad\udcff.jpg",
        "~7.jpg",
        "x/~y/a.jpg",
        "n" * 250 + ".jpg",
        "n/" * 130 + "a.jpg",
        "what?.jpg",
    ],
)
def test_an_odd_name_becomes_a_number(name: str) -> None:
    assert Filing().filed(name, 7) == "~7.jpg"


def test_an_odd_suffix_goes() -> None:
    assert Filing().filed("../a.b/c?", 3) == "~3"


def test_the_second_of_a_name_becomes_a_number_also_where_only_its_case_differs() -> None:
    filing = Filing()
    assert [filing.filed(name, n) for n, name in enumerate(["a.jpg", "a.jpg", "A.JPG", "b.jpg"])] == [
        "a.jpg",
        "~1.jpg",
        "~2.jpg",
        "b.jpg",
    ]
