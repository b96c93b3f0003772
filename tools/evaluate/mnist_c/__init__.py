"""MNIST-C's fifteen corruptions, written anew."""
