"""Departures of the releases from their papers, each switched on and off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import pandas as pd

from leap.config import (
    AvssConfig,
    CmpaeLossConfig,
    EncoderConfig,
    HanConfig,
    LeapConfig,
    LossConfig,
    MmPyramidConfig,
    Protocol,
    RunConfig,
    Variant,
)
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters.presets import sized
from leap.experiments.grid import SEEDS, SHIPPED, SLOW_SEEDS, Profile, with_seeds
from leap.experiments.systems import configure_system, paper_config, selected
from leap.experiments.tables import SUMMARY_SCORES, TITLES, Runs, pair_table, score_table
from leap.presets import preset


@dataclass(frozen=True)
class Departure:
    """One departure of a release from its paper.

    Attributes:
        paper: the paper's statement, or our reading of it.
        release: the behaviour of the release.
        as_paper: the run as in the paper.
        as_released: the same run with the departure.
    """

    paper: str
    release: str
    as_paper: RunConfig
    as_released: RunConfig


def departures(dataset: str) -> dict[str, Departure]:
    """Every departure with its two runs, by name.

    LEAP's runs use the settings chosen on AV-Digits on every data set but LLP, where they have the paper's
    size. The others use their presets, of the size that `leap.experiments.chapters.presets.sized` gives them:
    CMPAE with its own training; HAN, MM-Pyr and VALOR with LEAP's training.
    """
    return _leap_departures(dataset) | _other_departures(dataset)


def _leap_departures(dataset: str) -> dict[str, Departure]:
    leap = _leap(dataset)
    with_avss = replace(leap, loss=LossConfig(avss=AvssConfig()))
    return {
        "LEAP: scores": Departure(
            "segments are scored by the attention that also updates the labels",
            "a second attention pass scores them, queried by the label before the feed-forward layer",
            leap,
            _variant(leap, "release-scores"),
        ),
        "LEAP: union": Departure(
            "the loss of the whole video reads a union of probabilities",
            "it reads the union of two hard decisions and has no gradient",
            leap,
            _variant(leap, "release-union"),
        ),
        "LEAP: EIoU": Departure(
            "the cosine is drawn towards the intersection over union of the two event sets",
            "ReLU of the cosine, towards x / (1 + x) + 0.01 for x shared classes over the largest set",
            with_avss,
            replace(with_avss, loss=LossConfig(avss=AvssConfig(variant="release"))),
        ),
        "LEAP: decoding": Departure(
            "a segment has an event if its own score reaches the threshold",
            "segments of both modalities also need the union of the video decisions",
            replace(leap, protocol=Protocol(gate=None)),
            leap,
        ),
    }


def _other_departures(dataset: str) -> dict[str, Departure]:
    cmpae = sized(preset("cmpae", dataset, ()), dataset)
    pyramid, valor, han = (
        _same_budget(sized(preset(name, dataset, ()), dataset)) for name in ("mm-pyr", "valor", "han")
    )
    return {
        "HAN: layers": Departure(
            "layers are chained (two here)",
            "every layer reads the encoder's input, so only the last layer has an effect",
            _with_encoder(han, HanConfig(layers=2)),
            han,
        ),
        "MM-Pyr: streams": Departure(
            "the audio stream predicts audio events",
            "the streams are swapped before the decoder, and the smoothed labels with them",
            pyramid,
            _with_encoder(pyramid, MmPyramidConfig(swapped=True)),
        ),
        "VALOR: streams": Departure(
            "HAN: each stream reads the other as the previous layer returned it",
            "the visual stream reads the audio stream that the layer has just updated",
            _with_encoder(valor, HanConfig(heads=8)),
            valor,
        ),
        "CMPAE: warm-up": Departure(
            "the fraction of labels that are removed rises over 0.9 epochs",
            "the factor is applied again at every step: none are removed in the first epoch, all afterwards",
            replace(cmpae, loss=LossConfig(basic=CmpaeLossConfig(warmup="ramp"))),
            cmpae,
        ),
    }


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of every departure, as released and as in the paper; equal runs are made once."""
    runs = {}
    for departure, found in departures(dataset).items():
        for side, config in zip(side_names(departure), (found.as_released, found.as_paper), strict=True):
            runs[side] = _seeds(config, profile)
    return runs


CHAPTER = Chapter("21_audit", grid, dataset="av-digits")


def _seeds(config: RunConfig, profile: Profile) -> list[RunConfig]:
    slow = isinstance(config.model.encoder, MmPyramidConfig) or config.dataset != SHIPPED
    return with_seeds(config, profile, SLOW_SEEDS if slow else SEEDS)


def _leap(dataset: str) -> RunConfig:
    if dataset == "llp":
        return paper_config("LEAP", dataset)
    return configure_system("LEAP", dataset, selected()[SHIPPED]["LEAP"])


def _same_budget(config: RunConfig) -> RunConfig:
    """A preset's model and losses with the training of LEAP's runs."""
    return replace(config, train=_leap(config.dataset).train)


def _variant(config: RunConfig, variant: Variant) -> RunConfig:
    decoder = replace(cast(LeapConfig, config.model.decoder), variant=variant)
    return replace(config, model=replace(config.model, decoder=decoder))


def _with_encoder(config: RunConfig, encoder: EncoderConfig) -> RunConfig:
    return replace(config, model=replace(config.model, encoder=encoder))


def side_names(departure: str) -> tuple[str, str]:
    """The names of a departure's two systems: as released, and as in the paper."""
    return f"{departure}, release", f"{departure}, paper"


def words_table(dataset: str) -> pd.DataFrame:
    """Every departure in words, one row per departure."""
    rows = {
        name: {"the paper": found.paper, "the release": found.release}
        for name, found in departures(dataset).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def mean_table(runs: Runs, baseline: Mapping[str, float]) -> pd.DataFrame:
    """The four summary scores of every departure's two systems and of a trivial baseline.

    Args:
        runs: records by system.
        baseline: title → score × 100 of the baseline.
    """
    scores = score_table(runs)
    table = scores[list(SUMMARY_SCORES)].rename(columns=TITLES)
    table.loc["(no model)"] = [baseline[TITLES[name]] for name in SUMMARY_SCORES]
    return table


def difference_table(runs: Runs, dataset: str) -> pd.DataFrame:
    """Release minus paper in the four summary scores; index ``system`` (the departure) and ``score``."""
    return pair_table(runs, {name: side_names(name) for name in departures(dataset)}, SUMMARY_SCORES)
