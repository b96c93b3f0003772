"""The cameras, one module each; opened by :func:`pi.devices.cameras.factory.open_camera`."""
