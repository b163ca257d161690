"""How windows should slide over a long video: ``python -m benchmarks.windows`` prints a table.

The validation videos of a data set are joined to one long video. A shipped parser parses it in windows that
begin every k segments, for several k; k = T means windows side by side. A recording has no boundaries that
windows could coincide with, so each k is tried with ten first boundaries and scores are means over them.
Scores are segment-level F-scores, micro-averaged over segments and classes, by ear and by eye.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from leap.data.registry import open_dataset
from leap.inference.parsed_video import ParsedVideo
from leap.inference.windows import Features, parse_at
from leap.metrics.arrays import MODALITIES
from leap.models.checkpoint import load_parser

PARSERS = ("av-everyday/leap", "av-everyday/mmil", "av-digits/leap", "av-digits/mmil")
VIDEOS, STRIDES = 360, (10, 5, 3, 1)

Truth = dict[str, NDArray[np.uint8]]


def main() -> None:
    """Print a line per parser and stride."""
    print("parser, stride: F by ear, F by eye; means over first boundaries (smallest, largest)")
    for name in PARSERS:
        features, truth = _joined(name.split("/")[0])
        for stride in STRIDES:
            scores = np.array(list(_scores(name, features, truth, stride)))  # (boundaries, modalities)
            columns = [f"{of.mean():.1f} ({of.min():.1f}, {of.max():.1f})" for of in scores.T]
            print(f"{name}, {stride}: {', '.join(columns)}", flush=True)


def _joined(dataset: str) -> tuple[Features, Truth]:
    """Features and dense labels of the first validation videos as one video."""
    with open_dataset(dataset) as store:
        videos = store.videos("val")[:VIDEOS]

    def rows(name: str) -> NDArray[np.float32]:
        """(N, T, width) → (N·T, width)."""
        array: NDArray[np.float32] = getattr(videos, name).flatten(0, 1).numpy()
        return array

    truth = {modality: rows(f"true_{modality}").astype(np.uint8) for modality in MODALITIES}
    return {name: rows(name) for name in ("audio", "visual_2d")}, truth


def _scores(name: str, features: Features, truth: Truth, stride: int) -> Iterator[list[float]]:
    """F-scores of both modalities in percent, for each first boundary."""
    parser, description = load_parser(name)
    length, last = description.segments, len(features["audio"]) - description.segments
    for first in range(length):
        starts = sorted({0, *range(first, last, stride), last})
        yield _f_scores(parse_at(starts, parser, description, "joined", features), truth)


def _f_scores(video: ParsedVideo, truth: Truth) -> list[float]:
    pairs = [(video.events[modality], truth[modality]) for modality in MODALITIES]
    return [200 * float((found * true).sum() / (found.sum() + true.sum())) for found, true in pairs]


if __name__ == "__main__":
    main()
