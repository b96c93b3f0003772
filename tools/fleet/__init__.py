"""Many Zeros at a time, over SSH: their labelled crops, and the weights that all get."""
