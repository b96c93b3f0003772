"""Backups: what an owner would miss on a new card, in one file."""
