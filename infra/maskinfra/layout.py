"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TEMPLATE = ROOT / "template.yaml"
FUNCTION = ROOT / "function"
PACKAGE = FUNCTION / "maskservice"
REQUIREMENTS = FUNCTION / "requirements.txt"
MODEL = ROOT / "models" / "mask_classifier.onnx"
DETECTOR = ROOT / "models" / "face_detector.onnx"
INFRA = ROOT / "infra"
EVENTS = INFRA / "events"
BATCH_EVENTS = EVENTS / "batch"
BATCH_INPUTS = ROOT / "build" / "batch-inputs"
"""What the events of the batch name, to be put into a bucket."""
PICTURES = ROOT / "client" / "examples"
WEB = ROOT / "client" / "web"
"""The try-it page's own files, and what it is made with."""
TEST_REQUIREMENTS = ROOT / "tests" / "requirements.txt"

SAM_ARTIFACT = ROOT / ".aws-sam" / "build" / "MaskFunction"
LOCAL_ARTIFACT = ROOT / "build" / "artifact"
"""An artefact for another Python than Lambda's; not where ``sam deploy`` would find it."""
EMULATOR = ROOT / "build" / "emulator"
SITE = ROOT / "build" / "site"
"""The try-it page as a server or a bucket takes it."""
ARTIFACT_SITE = ROOT / "build" / "site-without-extras"
"""The same without what an artefact is too small for."""
