"""LLP as it is distributed."""
