"""The sample store: digits that the camera saw, and their labels."""
