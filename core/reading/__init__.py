"""From candidates to digits with confidences: the judge, the reader, and rows of digits."""
