"""Label-anticipated event disentanglement (LEAP) for audio-visual video parsing."""

__version__ = "0.1.0"
