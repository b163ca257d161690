"""Error diagnosis of any system's predictions: what is wrong, and what mending it would gain."""

from leap.diagnosis.attribution import TYPES, Error, attribute
from leap.diagnosis.diagnosis import Diagnosis, diagnose
from leap.diagnosis.mending import Gain, gains, mend

__all__ = ["TYPES", "Diagnosis", "Error", "Gain", "attribute", "diagnose", "gains", "mend"]
