"""Decoders: they map two encoded streams, each (B, T, d), to segment-level and video-level event scores."""

from leap.models.decoders.evidential import Evidential, EvidentialParsing
from leap.models.decoders.leap import Leap, LeapTagger
from leap.models.decoders.mmil import Mmil

__all__ = ["Evidential", "EvidentialParsing", "Leap", "LeapTagger", "Mmil"]
