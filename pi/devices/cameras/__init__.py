"""The cameras, one module each; opened by :func:`pi.devices.cameras.registry.open_camera`."""
