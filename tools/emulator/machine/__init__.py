"""The emulated Pi while it runs: power, console, pins, ticks."""
