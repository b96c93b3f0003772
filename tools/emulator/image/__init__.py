"""The card of the emulated Pi: what is on it, and how it is made."""
