"""Parsers of video files by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.features.media import Clip, open_clip
from leap.features.parse_clip import parse_clip
from leap.features.parsed_clip import ParsedClip
from leap.features.taggers import Tagger
from leap.features.weights import weights_folder

TAGGER = "tagger"
"""Name of the parser that needs no training."""


class ClipParser(Protocol):
    """A parser of video files."""

    def parse(
        self, path: str | Path | Clip, truth: Mapping[str, Path] | None = None, attention: bool = False
    ) -> ParsedClip:
        """Parse a video file.

        Args:
            path: the file, or an open clip.
            truth: modality → table of true events, as in `leap.features.parsed_clip.read_truth`.
            attention: whether the attention of labels is needed; a parser without it is refused at once.
        """


@dataclass(frozen=True)
class TrainedParser:
    """A trained parser with the networks whose features it reads.

    Attributes:
        model: folder or file of the parser, or name of a shipped one.
        weights: folder of the networks' weights.
    """

    model: Path
    weights: Path

    def parse(
        self, path: str | Path | Clip, truth: Mapping[str, Path] | None = None, attention: bool = False
    ) -> ParsedClip:
        """Parse a video file; see `leap.features.parse_clip.parse_clip`."""
        clip = path if isinstance(path, Clip) else open_clip(path)
        return ParsedClip(parse_clip(self.model, clip, self.weights, truth, attention), clip)


def load_clip_parser(
    name: str | Path = TAGGER, classes: Sequence[str] | None = None, weights: str | Path | None = None
) -> ClipParser:
    """Load a parser of video files.

    Args:
        name: ``"tagger"``, which needs no training; folder or ``.safetensors`` file of a trained parser; or
            name of a shipped one, such as ``"av-everyday/leap"``.
        classes: for the tagger, names of event classes, of LLP, AV-Everyday, AudioSet or ImageNet;
            None for LLP's 25.
        weights: folder of the networks' weights; None for the one in the user's cache.

    Raises:
        LeapError: classes are given for a trained parser, weights are missing, or no tagger knows a class.
    """
    folder = Path(weights) if weights else weights_folder()
    if str(name) == TAGGER:
        return Tagger(LLP if classes is None else classes, folder)
    if classes is not None:
        raise LeapError(f"{name}: a trained parser has classes of its own; only the tagger takes others")
    return TrainedParser(Path(name), folder)
