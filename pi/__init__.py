"""The appliance: everything with a device, a clock or a disk."""
