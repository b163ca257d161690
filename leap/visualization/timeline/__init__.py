"""From a video file to its parsed timeline: tables, a figure and a page."""

from leap.features.parse_clip import parse_clip
from leap.visualization.timeline.write import write_timeline

__all__ = ["parse_clip", "write_timeline"]
