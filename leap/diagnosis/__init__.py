"""Error diagnosis of any system's predictions: what is wrong, and what fixing it would gain."""

from leap.diagnosis.attribution import TYPES, Error, attribute
from leap.diagnosis.diagnosis import Diagnosis, diagnose
from leap.diagnosis.fixing import Gain, fix, gains, video_rises

__all__ = ["TYPES", "Diagnosis", "Error", "Gain", "attribute", "diagnose", "fix", "gains", "video_rises"]
