"""Collecting labelled pictures from a camera, for training."""
