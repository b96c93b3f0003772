"""The pictures of the pages, drawn by our own code: ``python -m tools.pictures``."""
