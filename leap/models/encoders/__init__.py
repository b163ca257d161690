"""Encoders: they map two streams of segments to two refined streams, each (B, T, d)."""

from leap.models.encoders.han import Han
from leap.models.encoders.mm_pyramid import MmPyramid
from leap.models.encoders.valor import Valor

__all__ = ["Han", "MmPyramid", "Valor"]
