"""Trains, exports and measures the face detector that ships with the project."""
