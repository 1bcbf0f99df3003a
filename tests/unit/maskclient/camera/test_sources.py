import os
from pathlib import Path

import pytest
from PIL import Image

from maskclient.camera.capturesource import CaptureSource, without_credentials
from maskclient.camera.foldersource import FolderSource
from maskclient.camera.sources import parse_source
from maskclient.errors import SourceUnavailable
from tests.videos import walk, write_video


def test_a_number_is_a_webcam() -> None:
    source = parse_source("0")
    assert (source.name, source.live, source.patient, source.fps) == ("camera 0", True, False, None)


def test_a_stream_is_named_without_its_password() -> None:
    source = parse_source("rtsp://user:secret@10.0.0.7:554/one?token=secret")
    assert source.name == "rtsp://10.0.0.7:554/one"
    assert (source.live, source.patient) == (True, True)


@pytest.mark.parametrize(
    "url", ["http://a/b", "http://u@a/b", "http://u:p@a/b?c=d#e", "http://u:p/p@a/b", "http://u:p#?]p@a/b"]
)
def test_credentials_are_never_shown(url: str) -> None:
    assert without_credentials(url) == "http://a/b"


def test_a_forgotten_scheme_shows_no_password() -> None:
    with pytest.raises(SourceUnavailable, match="begins with") as raised:
        parse_source("admin:secret@10.0.0.7/1")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["rtsp://admin:s]cret@h/1", "http://127.0.0.1:9/x"])
def test_a_stream_where_nothing_listens_is_told_at_once(url: str) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be opened") as raised:
        parse_source(url).check()
    assert "s]cret" not in str(raised.value)


def test_a_video_is_read_frame_by_frame_and_again(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", walk(["hopper"], 5, (320, 180), 150), fps=12)
    source = parse_source(str(path))
    for _ in range(2):
        source.open()
        assert source.fps == pytest.approx(12, abs=0.1)
        frames = [source.read() for _ in range(6)]
        assert [frame is not None for frame in frames] == [True] * 5 + [False]
        assert frames[0] is not None
        assert frames[0].shape == (180, 320, 3)
    source.close()
    assert source.read() is None
    assert not source.live


def test_colours_are_in_the_order_red_green_blue(tmp_path: Path) -> None:
    import numpy as np

    red = np.zeros((64, 64, 3), np.uint8)
    red[:, :, 0] = 250
    source = parse_source(str(write_video(tmp_path / "v.mp4", iter([red] * 3))))
    source.open()
    frame = source.read()
    source.close()
    assert frame is not None
    assert frame[32, 32, 0] > 200
    assert frame[32, 32, 2] < 60


def test_a_folder_is_read_in_order_and_what_is_broken_left_out(tmp_path: Path) -> None:
    for name, width in (("b.png", 20), ("a.png", 10)):
        Image.new("RGB", (width, 8)).save(tmp_path / name)
    (tmp_path / "aa.jpg").write_bytes(b"no picture")
    source = parse_source(str(tmp_path))
    assert isinstance(source, FolderSource)
    source.open()
    frames = [source.read() for _ in range(3)]
    assert [None if frame is None else frame.shape[1] for frame in frames] == [10, 20, None]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="holds no picture"):
        parse_source(str(tmp_path)).open()


@pytest.mark.parametrize("text", ["nothing.mp4", "ftp://host/x", ""])
def test_what_is_no_source_is_told(text: str) -> None:
    with pytest.raises(SourceUnavailable):
        parse_source(text)


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(SourceUnavailable, match="cannot be opened as a video"):
        parse_source(str(path)).open()


@pytest.mark.skipif(not Path("/dev").is_dir() or os.uname().sysname != "Linux", reason="looks into /dev")
def test_a_webcam_that_is_not_there_is_told() -> None:
    with pytest.raises(SourceUnavailable, match="There is no camera 99"):
        CaptureSource(99).open()
