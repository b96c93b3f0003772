"""The displays, one module each; listed and opened by :mod:`pi.devices.displays.registry`."""
