"""Architectures of the published feature networks, and loading them with their public weights."""
