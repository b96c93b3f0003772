"""Handwriting, paper, light and camera, drawn: the frames that are learnt from."""
