"""Layers that several models share, and fast forms of PyTorch's for a CPU."""
