"""The training pipeline: from labelled face crops to the ONNX model the function serves."""
