"""Memory of labelled examples: what resembles one of them is read as it was labelled."""
