"""What is checked on an emulated Pi: ``tools/emulate``."""
