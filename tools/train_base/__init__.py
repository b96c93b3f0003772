"""Makes the shipped weights: ``python -m tools.train_base``."""
