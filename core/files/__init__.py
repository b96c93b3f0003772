"""Files that survive a power cut, written whole or not at all; others', read within bounds."""
