"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TEMPLATE = ROOT / "template.yaml"
FUNCTION = ROOT / "function"
PACKAGE = FUNCTION / "maskservice"
REQUIREMENTS = FUNCTION / "requirements.txt"
MODEL = ROOT / "models" / "mask_classifier.onnx"
INFRA = ROOT / "infra"
EVENTS = INFRA / "events"
PICTURES = ROOT / "client" / "examples"
TEST_REQUIREMENTS = ROOT / "tests" / "requirements.txt"

SAM_ARTIFACT = ROOT / ".aws-sam" / "build" / "MaskFunction"
LOCAL_ARTIFACT = ROOT / "build" / "artifact"
"""An artefact for another Python than Lambda's; not where ``sam deploy`` would find it."""
EMULATOR = ROOT / "build" / "emulator"
