"""The network in whole numbers that the Pi runs: quantised once, the same bits everywhere."""
