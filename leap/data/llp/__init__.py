"""LLP: download, check and pack its official files."""
