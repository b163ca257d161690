"""The published feature networks and their weights."""
