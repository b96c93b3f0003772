"""Networks as layers in order: the layers, the losses, forward and backward passes."""
