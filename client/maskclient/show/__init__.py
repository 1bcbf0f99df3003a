"""Showing what the cameras see: the window, the recording, the lines for programs."""
