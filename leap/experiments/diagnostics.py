"""Diagnostics of a trained parser: similarity, attention, calibration and label embeddings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite, nan
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from leap.data.videos import Videos
from leap.inference.predict import parse_videos
from leap.metrics.arrays import MODALITIES
from leap.metrics.calibration import expected_calibration_error
from leap.models.decoders.leap import Leap
from leap.models.output import Parsing
from leap.models.parser import Parser
from leap.training.losses.similarity import cosine_similarity, eiou


def diagnose(parser: Parser, val: Videos, test: Videos) -> dict[str, float]:
    """Measure a trained parser on videos with dense labels.

    Args:
        parser: the parser.
        val: videos on which the directions of ``separation`` are fitted.
        test: videos on which all measures are taken.

    Returns:
        Finite measures, rounded to four decimals:

        - ``similarity_none``, ``_low``, ``_high``, ``_all``: mean cosine of the audio-visual segment pairs
          whose true EIoU is 0, in (0, ½], in (½, 1), and 1; ``similarity_correlation``: correlation of
          cosine and EIoU over all pairs.
        - ``peak_<modality>``, of decoders with attention: percentage of (video, class) pairs, among classes
          that occur in some but not all segments, whose attention is largest inside an event;
          ``chance_<modality>``: the percentage expected of a random segment.
        - ``calibration_<modality>``: expected calibration error × 100 of the segment probabilities.
        - ``separation_<modality>_<n>``, of LEAP: area under the ROC curve × 100 of the presence of a class,
          averaged over classes. The score is the label embedding after block n, projected onto the difference
          between its means for present and for absent classes on val.
        - ``geometry_given``, ``_projected``, ``_audio``, ``_visual``, of LEAP: mean cosine of two classes'
          label embeddings: as given, projected to the width, and refined in videos with the class.

    Raises:
        LeapError: the videos have no dense labels.
    """
    with _label_states(parser) as states:
        parsings = list(parse_videos(parser, test))
        refined = [torch.cat(parts) for parts in states]
    found = _similarity(parsings, test) | _peaks(parsings, test) | _calibration(parsings, test)
    if isinstance(parser.decoder, Leap):
        with _label_states(parser) as states:
            for _ in parse_videos(parser, val):
                pass
        found |= _separations([torch.cat(parts) for parts in states], val, refined, test)
        found |= _geometry(parser, parsings, test)
    return {name: round(value, 4) for name, value in found.items() if isfinite(value)}


def _similarity(parsings: list[Parsing], videos: Videos) -> dict[str, float]:
    cosine = torch.cat([cosine_similarity(p.encoded_audio, p.encoded_visual) for p in parsings])  # (N, T, T)
    target = eiou(*videos.truth())  # (N, T, T)
    found = {f"similarity_{name}": float(cosine[chosen].mean()) for name, chosen in _by_eiou(target).items()}
    pair = torch.stack([cosine.flatten(), target.flatten()])
    return found | {"similarity_correlation": float(torch.corrcoef(pair)[0, 1])}


def _by_eiou(target: Tensor) -> dict[str, Tensor]:
    """Masks (N, T, T) of the audio-visual segment pairs by their EIoU."""
    return {
        "none": target == 0,
        "low": (target > 0) & (target <= 0.5),
        "high": (target > 0.5) & (target < 1),
        "all": target == 1,
    }


def _peaks(parsings: list[Parsing], videos: Videos) -> dict[str, float]:
    found: dict[str, float] = {}
    for modality, true in zip(MODALITIES, videos.truth(), strict=True):
        maps = [getattr(parsing, f"attention_{modality}") for parsing in parsings]
        if any(weights is None for weights in maps):
            return {}
        attention = torch.cat([weights[:, -1].mean(dim=1) for weights in maps])  # (N, C, T)
        occurs = true.transpose(1, 2)  # (N, C, T)
        fraction = occurs.mean(dim=-1)  # (N, C)
        partly = (fraction > 0) & (fraction < 1)
        hit = occurs.gather(-1, attention.argmax(dim=-1, keepdim=True)).squeeze(-1)  # (N, C)
        found |= {f"peak_{modality}": 100 * float(hit[partly].mean())}
        found |= {f"chance_{modality}": 100 * float(fraction[partly].mean())}
    return found


def _calibration(parsings: list[Parsing], videos: Videos) -> dict[str, float]:
    found = {}
    for modality, true in zip(MODALITIES, videos.truth(), strict=True):
        logits = torch.cat([getattr(parsing, f"segment_{modality}") for parsing in parsings])
        found[f"calibration_{modality}"] = expected_calibration_error(logits.sigmoid(), true)
    return found


@contextmanager
def _label_states(parser: Parser) -> Iterator[list[list[Tensor]]]:
    """Collect the label embeddings (B, C, d) after every block of LEAP, audio blocks first, per batch."""
    decoder = parser.decoder
    blocks = [*decoder.audio.blocks, *decoder.visual.blocks] if isinstance(decoder, Leap) else []
    states: list[list[Tensor]] = [[] for _ in blocks]

    def keep(index: int) -> Callable[..., None]:
        """A hook that keeps the refined label embeddings of a block."""
        return lambda block, inputs, output: states[index].append(output.refined)

    handles = [block.register_forward_hook(keep(index)) for index, block in enumerate(blocks)]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


def _geometry(parser: Parser, parsings: list[Parsing], videos: Videos) -> dict[str, float]:
    given = cast(Tensor, parser.label_embedding).detach()  # (C, L)
    spaces = {"given": given, "projected": cast(Leap, parser.decoder).label(given).detach()}
    for modality, true in zip(MODALITIES, videos.truth(), strict=True):
        refined = torch.cat([getattr(parsing, f"label_{modality}") for parsing in parsings])  # (N, C, d)
        occurs = true.amax(dim=1).unsqueeze(-1)  # (N, C, 1)
        spaces[modality] = (occurs * refined).sum(dim=0) / occurs.sum(dim=0).clamp(min=1)  # (C, d)
    return {f"geometry_{name}": mean_cosine(vectors) for name, vectors in spaces.items()}


def mean_cosine(vectors: Tensor) -> float:
    """Mean cosine over all pairs of distinct rows of (C, d); NaN for a single row."""
    unit = normalize(vectors, dim=-1)
    others = len(vectors) * (len(vectors) - 1)
    return float(((unit @ unit.T).sum() - len(vectors)) / others) if others else nan


def _separations(fitted: list[Tensor], val: Videos, refined: list[Tensor], test: Videos) -> dict[str, float]:
    """Separation by block, from label embeddings (N, C, d) per block on val and test, audio blocks first."""
    half, found = len(refined) // 2, {}
    for index, (before, after) in enumerate(zip(fitted, refined, strict=True)):
        modality = index // half
        present = [videos.truth()[modality].amax(dim=1).numpy() for videos in (val, test)]  # (N, C)
        name = f"separation_{MODALITIES[modality]}_{index % half + 1}"
        found[name] = _separation(before.float().numpy(), present[0], after.float().numpy(), present[1])
    return found


def _separation(
    fitted: NDArray[np.float32],
    present_val: NDArray[np.float32],
    refined: NDArray[np.float32],
    present_test: NDArray[np.float32],
) -> float:
    areas = []
    for c in range(present_test.shape[1]):
        val, test = present_val[:, c] > 0, present_test[:, c] > 0
        if val.any() and not val.all() and test.any() and not test.all():
            direction = fitted[val, c].mean(axis=0) - fitted[~val, c].mean(axis=0)  # (d,)
            areas.append(roc_auc(test, refined[:, c] @ direction))
    return 100 * float(np.mean(areas)) if areas else nan


def roc_auc(positive: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """Area under the ROC curve: the probability that a positive scores above a negative, ties counting half.

    Args:
        positive: mask (N,) of the positive examples; at least one is positive and at least one negative.
        scores: their scores, (N,).

    >>> roc_auc(np.array([False, True, True]), np.array([0.2, 0.2, 0.7]))
    0.75
    """
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # (N,), from 1; ties get their mean rank
    n_positive = int(positive.sum())
    above = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * (len(positive) - n_positive)))
