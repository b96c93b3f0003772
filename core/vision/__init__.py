"""From a photograph to 28x28: ink, components, candidates, crops and their features."""
