"""The sample store: what was shown to the camera, and what its owner said it was."""
