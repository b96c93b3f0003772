"""The library behind ``python -m tools.experiments``."""
