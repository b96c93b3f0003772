"""What a network is, how it learns, and how a photograph becomes 28x28.

numpy only (pillow where image files and 8-bit frames are handled); runs anywhere.
"""
