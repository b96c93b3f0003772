"""The workstation: fetching data, training, measuring."""
