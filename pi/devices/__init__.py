"""What the Pi is wired to: cameras, displays, buttons and their pins."""
