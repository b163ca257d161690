"""Label-anticipated event disentanglement (LEAP) for audio-visual video parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from leap.features.clip_parsers import ClipParser

__version__ = "0.2.0"


def load(
    name: str | Path = "tagger", classes: Sequence[str] | None = None, weights: str | Path | None = None
) -> ClipParser:
    """Load a parser of video files; its ``parse(path).events`` is a table.

    Args:
        name: ``"tagger"``, which needs no training; folder or ``.safetensors`` file of a trained parser; or
            name of a shipped one, such as ``"av-everyday/leap"``.
        classes: for the tagger, names of event classes, of LLP, AV-Everyday, AudioSet or ImageNet;
            None for LLP's 25.
        weights: folder of the networks' weights; None for the one in the user's cache.

    Raises:
        LeapError: classes are given for a trained parser, weights are missing, or no tagger knows a class.
    """
    from leap.features.clip_parsers import load_clip_parser

    return load_clip_parser(name, classes, weights)
