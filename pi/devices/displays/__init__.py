"""The displays, one module each; opened by :mod:`pi.devices.displays.factory`."""
