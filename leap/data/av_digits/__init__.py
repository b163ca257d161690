"""AV-Digits: ten-segment videos of spoken and handwritten digits, built from real recordings and images."""

from leap.data.av_digits.build import Rederived, build_av_digits, rederive, rerender
from leap.data.av_digits.fetch import fetch_recordings
from leap.data.av_digits.rendering import load_material, render

__all__ = [
    "Rederived",
    "build_av_digits",
    "fetch_recordings",
    "load_material",
    "rederive",
    "render",
    "rerender",
]
