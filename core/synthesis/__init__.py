"""Simulated photographs: handwriting, paper, light and camera, for training and tests."""
