"""The cameras, one module each; opened by :func:`pi.devices.cameras.base.open_camera`."""
