"""A network as layers in order: forward, backward, and what each layer is."""
