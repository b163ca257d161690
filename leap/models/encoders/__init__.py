"""Encoders: two streams of segments in, two refined streams out."""
