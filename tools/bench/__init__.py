"""The benchmarks that anyone can check: see ``python -m tools.bench --help``."""
