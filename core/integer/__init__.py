"""The integer network that the Pi runs: quantised once, the same bits on every machine."""
