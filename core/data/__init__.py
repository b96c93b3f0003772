"""Data sets, augmentation, and the replay set that guards against forgetting."""
