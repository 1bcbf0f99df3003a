"""Builds the Lambda artefact and runs it locally. Plain Python: the build needs no installed package."""
