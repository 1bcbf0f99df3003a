import pytest

from maskservice.classifier import Classifier
from maskservice.errors import ImageTooLarge, NothingDecodable, UndecodableImage
from maskservice.pipeline import PixelBudget, classify_uploads
from maskservice.schemas import FailedCrop, JudgedCrop
from maskservice.uploads import Upload
from tests import pictures


def budget() -> PixelBudget:
    return PixelBudget(1_000_000, 1_500_000)


def test_every_upload_gets_its_place(classifier: Classifier) -> None:
    uploads = [
        Upload("a.jpg", pictures.jpeg(100, 80)),
        Upload(None, b"text"),
        Upload("c.jpg", UndecodableImage("not base64")),
        Upload("d.jpg", pictures.jpeg(2000, 1000)),
        Upload("e.png", pictures.encode(pictures.scene(60, 90), "PNG")),
    ]
    first, second, third, fourth, last = classify_uploads(uploads, classifier, budget()).results
    assert isinstance(first, JudgedCrop)
    assert isinstance(last, JudgedCrop)
    assert (first.index, first.filename, first.width, first.height) == (0, "a.jpg", 100, 80)
    assert (last.index, last.filename, last.width, last.height) == (4, "e.png", 60, 90)
    failed = [crop.error.type for crop in (second, third, fourth) if isinstance(crop, FailedCrop)]
    assert failed == ["undecodable-image", "undecodable-image", "image-too-large"]
    assert [second.index, third.index, fourth.index] == [1, 2, 3]


def test_a_bad_neighbour_changes_no_result(classifier: Classifier) -> None:
    good = [Upload(None, pictures.jpeg(seed=seed)) for seed in range(3)]
    alone = classify_uploads(good, classifier, budget()).results
    mixed = classify_uploads([good[0], Upload(None, b""), *good[1:]], classifier, budget()).results
    told = [crop.model_dump(exclude={"index"}) for crop in mixed if isinstance(crop, JudgedCrop)]
    for before, after in zip(alone, told, strict=True):
        assert isinstance(before, JudgedCrop)
        assert after["probabilities"] == pytest.approx(before.probabilities.model_dump(), abs=2e-4)


def test_a_crop_of_poor_quality_is_rejected_and_still_described(classifier: Classifier) -> None:
    (result,) = classify_uploads([Upload(None, pictures.jpeg(16, 16))], classifier, budget()).results
    assert isinstance(result, JudgedCrop)
    assert result.verdict == "rejected"
    assert "too-small" in result.reasons
    assert result.confidence == getattr(result.probabilities, result.label)


def test_times_are_told(classifier: Classifier) -> None:
    outcome = classify_uploads([Upload(None, pictures.jpeg())], classifier, budget())
    assert outcome.decode_ms > 0
    assert outcome.inference_ms > 0


def test_nothing_decodable_carries_every_error(classifier: Classifier) -> None:
    with pytest.raises(NothingDecodable, match="Not one of the 2 crops") as caught:
        classify_uploads([Upload("a", b"text"), Upload("b", b"")], classifier, budget())
    assert [FailedCrop.model_validate(result).filename for result in caught.value.results] == ["a", "b"]


def test_one_undecodable_crop_tells_its_own_reason(classifier: Classifier) -> None:
    with pytest.raises(NothingDecodable, match="not a JPEG, PNG or WebP"):
        classify_uploads([Upload(None, b"text")], classifier, budget())


def test_a_request_has_so_many_pixels_and_no_more(classifier: Classifier) -> None:
    uploads = [
        Upload(None, pictures.jpeg(*size)) for size in ((1000, 1000), (800, 800), (700, 700), (200, 60))
    ]
    results = classify_uploads(uploads, classifier, budget()).results
    assert [isinstance(result, JudgedCrop) for result in results] == [True, False, True, False]
    for refused in (results[1], results[3]):
        assert isinstance(refused, FailedCrop)
        assert refused.error.type == "image-too-large"
        assert "1500000 pixels accepted for all its pictures together" in refused.error.detail


def test_a_picture_that_breaks_has_spent_its_pixels(classifier: Classifier) -> None:
    broken = Upload(None, pictures.jpeg(1000, 1000)[:-2000])
    uploads = [broken, Upload(None, pictures.jpeg(800, 800))]
    with pytest.raises(NothingDecodable) as caught:
        classify_uploads(uploads, classifier, budget())
    errors = [FailedCrop.model_validate(result).error.type for result in caught.value.results]
    assert errors == ["undecodable-image", "image-too-large"]


@pytest.mark.parametrize(("scans", "fits"), [(1, True), (16, True), (17, False)])
def test_scans_beyond_the_usual_count_as_pixels(scans: int, *, fits: bool) -> None:
    spent = PixelBudget(1_000_000, 1_500_000)
    if fits:
        spent.spend((1000, 1000), scans)
    else:
        with pytest.raises(ImageTooLarge, match=f"in {scans} scans"):
            spent.spend((1000, 1000), scans)
