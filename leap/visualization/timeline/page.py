"""A page in one file in which the timeline plays along with the video."""

import base64
import json
import mimetypes
from html import escape
from importlib.resources import files
from string import Template

from leap.features.media import Clip
from leap.inference.parsed_video import ParsedVideo
from leap.visualization.timeline.describe import describe

EMBEDDED = 2**26
"""Bytes of a video that a page holds at most; a larger one is shown from where it lies."""


def page(video: ParsedVideo, clip: Clip) -> str:
    """The page; names of files and classes are escaped."""
    template = Template((files("leap.visualization.timeline") / "page.html").read_text(encoding="utf-8"))
    kind = "video" if clip.pictures else "audio"
    player = f'<{kind} id="player" controls src="{escape(_source(clip))}"></{kind}>'
    return template.substitute(title=escape(clip.path.name), player=player, data=_data(video, clip))


def _data(video: ParsedVideo, clip: Clip) -> str:
    """What the page's script reads, without a character that could end it."""
    return json.dumps(describe(video, clip)).replace("<", "\\u003c")


def _source(clip: Clip) -> str:
    if clip.path.stat().st_size > EMBEDDED:
        return clip.path.resolve().as_uri()
    kind = mimetypes.guess_type(clip.path.name)[0] or "video/mp4"
    return f"data:{kind};base64,{base64.b64encode(clip.path.read_bytes()).decode()}"
