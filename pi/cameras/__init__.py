"""The cameras, one module each; opened by :func:`pi.camera.open_camera`."""
