"""Control socket: the command line's connection to the running service."""
