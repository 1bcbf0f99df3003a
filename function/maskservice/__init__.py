"""The stateless function: face crops in, a mask verdict per crop out."""

import os

__version__ = "1.0.0"

# ONNX Runtime's wheels (1.31) keep a device id and a database of usage events in the home folder, and send
# the events to their maker. Nothing leaves a door unasked. ONNX Runtime reads this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
