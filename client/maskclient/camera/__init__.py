"""The door camera: from frames to steady verdicts."""
