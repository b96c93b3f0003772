"""Files that survive a power cut: written whole or not at all, verified when read."""
