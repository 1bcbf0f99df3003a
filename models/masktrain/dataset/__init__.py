"""Labelled face pictures: where they come from, and how they are kept clean."""
