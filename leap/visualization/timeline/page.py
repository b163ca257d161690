"""A self-contained HTML page in which the timeline follows the video as it plays."""

import base64
import json
import mimetypes
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from leap.features.media import Clip
from leap.inference.parsed_video import ParsedVideo
from leap.visualization.palette import AUDIO, TRUTH, VISUAL
from leap.visualization.timeline.as_json import timeline_as_json

MAX_EMBEDDED = 2**26
"""Largest size in bytes of a video that the page embeds; it links to a larger video."""


def timeline_page(video: ParsedVideo, clip: Clip) -> str:
    """The HTML of a page with a player and the timeline below it; a click on the timeline seeks.

    Names of files and classes are escaped.

    Args:
        video: the parsed video.
        clip: its file, embedded up to `MAX_EMBEDDED` bytes and linked otherwise.
    """
    parsed = timeline_as_json(video, clip)
    del parsed["probabilities"]  # the page does not show them, and those of hours are many
    return player_page(clip, parsed)


def player_page(clip: Clip, parsed: Mapping[str, Any]) -> str:
    """As `timeline_page`, of events in the form of `timeline_as_json`.

    Args:
        clip: as of `timeline_page`.
        parsed: ``segments``, ``events``, ``truth`` and ``undetectable``.
    """
    template = Template((files("leap.visualization.timeline") / "page.html").read_text(encoding="utf-8"))
    element = "video" if clip.has_video else "audio"
    player = f'<{element} id="player" controls src="{escape(_source(clip))}"></{element}>'
    colours = {"audio_colour": AUDIO, "visual_colour": VISUAL, "truth_colour": TRUTH}
    return template.substitute(colours, title=escape(clip.path.name), player=player, data=_data(parsed))


def _data(parsed: Mapping[str, Any]) -> str:
    """JSON for the page's script, without the characters that could close the script element."""
    return json.dumps(parsed).replace("<", "\\u003c")


def _source(clip: Clip) -> str:
    if clip.path.stat().st_size > MAX_EMBEDDED:
        return clip.path.resolve().as_uri()
    kind = mimetypes.guess_type(clip.path.name)[0] or "video/mp4"
    return f"data:{kind};base64,{base64.b64encode(clip.path.read_bytes()).decode()}"
