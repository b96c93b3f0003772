"""The model registry: which weights there are, which is read with, and what replaces it."""
