"""What ``tools.evaluate`` is made of: labelled photographs, tallies, contact sheets."""
