"""Recognising handwritten digits: networks, training, and the way from a photograph to digits.

numpy only (pillow where image files and 8-bit frames are handled); runs anywhere.
"""
