"""Finds faces in photographs, and lets a person correct and label what was found."""
