"""Reads candidates as digits with confidences: the judge, the reader, and rows of digits."""
