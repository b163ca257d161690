"""AV-Everyday: ten-segment videos of everyday sounds and photographs, built from real recordings."""

from leap.data.av_everyday.build import Rederived, build_av_everyday, rederive, rerender
from leap.data.av_everyday.fetch import fetch_material
from leap.data.av_everyday.learned import Networks, load_learned

__all__ = [
    "Networks",
    "Rederived",
    "build_av_everyday",
    "fetch_material",
    "load_learned",
    "rederive",
    "rerender",
]
