"""Handwriting fonts whose digits stand for hands in a measure; none is in this repository."""
