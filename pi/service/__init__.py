"""The running appliance: frames in, digits shown, labels taken."""
