"""The training pipeline: from labelled face crops to the ONNX model the function serves."""

import os

# ONNX Runtime's wheels send usage events to their maker otherwise: see `maskservice`.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
