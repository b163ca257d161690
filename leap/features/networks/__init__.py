"""Architectures of the published feature networks, and loaders of their public weights."""
