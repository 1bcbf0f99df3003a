from pathlib import Path

import pytest

from maskservice.batch.settings import BatchSettings
from maskservice.settings import bundled_model


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = BatchSettings.from_environment({})
    assert settings == BatchSettings(bundled_model("face_detector.onnx"))
    assert settings.detector_path.is_file()
    assert settings.archive_limits.member_bytes == settings.picture_bytes


def test_variables_change_the_settings() -> None:
    settings = BatchSettings.from_environment(
        {
            "BATCH_QUEUE_URL": "https://queue",
            "BATCH_DEAD_LETTER_URL": "https://dead",
            "BATCH_RECEIVES": "3",
            "MASKCHECK_DETECTOR": "other.onnx",
            "BATCH_PICTURE_BYTES": "1",
            "BATCH_PICTURE_PIXELS": "2",
            "BATCH_ARCHIVE_BYTES": "3",
            "BATCH_ARCHIVE_MEMBERS": "4",
            "BATCH_UNPACKED_BYTES": "5",
        }
    )
    assert settings == BatchSettings(Path("other.onnx"), "https://queue", "https://dead", 3, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_number_that_is_none_is_named(value: str) -> None:
    with pytest.raises(ValueError, match=r"BATCH_RECEIVES is .* whole number from 1"):
        BatchSettings.from_environment({"BATCH_RECEIVES": value})


def test_no_more_pixels_than_pillow_reads_without_a_warning() -> None:
    with pytest.raises(ValueError, match="up to 89000000"):
        BatchSettings.from_environment({"BATCH_PICTURE_PIXELS": "90000000"})
