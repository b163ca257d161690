"""Models: front end → encoder → decoder, composed by the parser."""
