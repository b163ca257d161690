"""Features of videos: the published networks, and their weights."""
