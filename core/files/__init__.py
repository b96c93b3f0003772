"""Bytes on disk that survive a power cut: written whole or not at all, checked when read."""
