"""Reads labelled pictures in other programs' formats and makes face crops of them."""
