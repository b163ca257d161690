"""Layers that several models share, and CPU-optimized versions of PyTorch layers."""
