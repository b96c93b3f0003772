"""The local socket by which the command line asks the running service."""
