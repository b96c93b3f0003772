"""Plots as pictures or text, and small PNG files."""
