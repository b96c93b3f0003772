"""The appliance at work: frames in, digits out, labels taken."""
