"""Fetches MNIST into a folder and verifies it: ``python -m tools.fetch_mnist``."""
