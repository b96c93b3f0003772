"""The displays, one module each; listed in :mod:`pi.devices.displays.registry`."""
