"""Decoders: encoded segments to segment and video probabilities."""
