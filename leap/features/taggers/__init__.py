"""Parsing without training: the scores of two taggers, mapped to event classes, smoothed and thresholded.

- `classes`: names of AudioSet's and ImageNet's classes, and the tags of an event class (``classes.tsv``).
- `event_scores`: from scores of tags to scores of event classes; the chosen settings (``thresholds.json``).
- `tagger`: the parser.
"""

from leap.features.taggers.classes import EventClass, select_classes
from leap.features.taggers.tagger import Tagger

__all__ = ["EventClass", "Tagger", "select_classes"]
