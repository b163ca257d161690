"""The timeline of a parsed video: tables of events, JSON, a figure and a page."""

from leap.visualization.timeline.figure import clip_figure, timeline_figure, timeline_text
from leap.visualization.timeline.from_store import figure_file, parse_to_figure
from leap.visualization.timeline.write import timeline_files, write_timeline

__all__ = [
    "clip_figure",
    "figure_file",
    "parse_to_figure",
    "timeline_figure",
    "timeline_files",
    "timeline_text",
    "write_timeline",
]
