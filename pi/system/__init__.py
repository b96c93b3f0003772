"""The machine and its system: clocks, health, systemd, logs, the lock of the one instance."""
