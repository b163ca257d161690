"""Cells of the study of decoder, coupling and loss, which all have the same search for settings.

A cell is a decoder, the source of its video probabilities (coupled to the segment probabilities or not) and a
loss, on an encoder. L_basic trains the video probability of each modality towards "any pseudo-label over
time"; where that probability is pooled from segment probabilities, the loss trains the segments, too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from leap.config import (
    HanConfig,
    LeapConfig,
    LossConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ValorLossConfig,
)
from leap.data.registry import default_labels
from leap.errors import LeapError
from leap.experiments.grid import SHIPPED, Profile, searched
from leap.experiments.systems import SEARCH_SEEDS, System, paper_config

DECODERS: dict[tuple[str, str], MmilConfig | LeapConfig] = {
    ("MMIL", "pooled"): MmilConfig(),
    ("MMIL", "separate"): MmilConfig(video="separate"),
    ("LEAP", "pooled"): LeapConfig(video="pooled"),
    ("LEAP", "separate"): LeapConfig(),
    ("MMIL + 2 blocks", "pooled"): MmilConfig(blocks=2),
}
"""Decoder and source of its video probabilities → its config; the last is the capacity control."""

LOSSES = {"L_basic": LossConfig(), "VALOR's loss": LossConfig(basic=ValorLossConfig())}
ENCODERS: dict[str, HanConfig | MmPyramidConfig] = {"HAN": HanConfig(), "MM-Pyr": MmPyramidConfig()}
CONTROL = "MMIL + 2 blocks"
SEARCH_SEEDS_ON = {"HAN": SEARCH_SEEDS, "MM-Pyr": SEARCH_SEEDS[:1]}
"""Encoder → seeds of the search; a run on MM-Pyr takes several times as long as one on HAN."""

Settings = dict[str, Any]
"""Values of ``lr``, ``dropout``, ``heads`` (of the decoder) and ``encoder_heads``."""


@dataclass(frozen=True)
class Cell:
    """A cell of the study.

    Attributes:
        decoder: ``"MMIL"``, ``"LEAP"`` or the capacity control, MMIL with two self-attention blocks.
        video: ``"pooled"`` or ``"separate"``, see `leap.config.Coupling`.
        loss: key of `LOSSES`.
        encoder: key of `ENCODERS`.
    """

    decoder: str
    video: str
    loss: str
    encoder: str = "HAN"

    @property
    def name(self) -> str:
        """The cell in words.

        >>> Cell("LEAP", "separate", "L_basic").name
        'HAN, LEAP (separate), L_basic'
        """
        return f"{self.encoder}, {self.decoder} ({self.video}), {self.loss}"

    @property
    def system(self) -> System:
        """Decoder, loss and encoder of the cell."""
        return System(DECODERS[self.decoder, self.video], LOSSES[self.loss], ENCODERS[self.encoder])


CELLS = {
    cell.name: cell
    for cell in (
        Cell(decoder, video, loss, encoder)
        for encoder in ENCODERS
        for decoder, video in DECODERS
        for loss in LOSSES
    )
    if cell.encoder == "HAN" or cell.decoder != CONTROL
}
"""Name → cell; the capacity control is tried on HAN only."""

DESIGN: tuple[Settings, ...] = tuple(
    {"lr": lr, "dropout": dropout, "heads": heads, "encoder_heads": encoder_heads}
    for lr, dropout, heads, encoder_heads in (
        (1e-3, 0.1, 1, 1),
        (1e-3, 0.2, 4, 4),
        (2e-3, 0.1, 4, 1),
        (2e-3, 0.2, 1, 4),
        (4e-3, 0.1, 1, 4),
        (4e-3, 0.2, 4, 1),
        (8e-3, 0.1, 4, 4),
        (8e-3, 0.2, 1, 1),
    )
)
"""The settings that every cell on HAN tries: an orthogonal array, so each pair of values of two settings
occurs equally often."""

PYRAMID_RATES = (1e-3, 2e-3, 4e-3)
"""Learning rates that cells on MM-Pyr try; their other settings are those chosen for the cell on HAN."""


def cell_config(cell: Cell, dataset: str, settings: Mapping[str, Any]) -> RunConfig:
    """The run config of a cell with given settings.

    Args:
        cell: the cell.
        dataset: name of the data set; its default label embeddings are used.
        settings: as in `Settings`; MM-Pyr keeps its eight heads, MMIL without blocks has none.
    """
    decoder, encoder = DECODERS[cell.decoder, cell.video], ENCODERS[cell.encoder]
    if decoder.blocks:
        decoder = replace(decoder, heads=settings["heads"])
    if isinstance(encoder, HanConfig):
        encoder = replace(encoder, heads=settings["encoder_heads"])
    model = ModelConfig(
        encoder=encoder, decoder=decoder, dropout=settings["dropout"], labels=default_labels(dataset)
    )
    return RunConfig(
        dataset=dataset, model=model, loss=LOSSES[cell.loss], train=TrainConfig(lr=settings["lr"])
    )


def design(cell: Cell, dataset: str) -> list[Settings]:
    """The settings with which the search of a cell begins.

    Raises:
        LeapError: the cell is on MM-Pyr and no settings were chosen for the cell on HAN.
    """
    if cell.encoder == "HAN":
        return list(DESIGN)
    chosen = chosen_settings(replace(cell, encoder="HAN"), dataset)
    return [chosen | {"lr": lr} for lr in PYRAMID_RATES]


def search_configs(cell: Cell, dataset: str, settings: Settings) -> list[RunConfig]:
    """The runs that try settings: one per seed of the search, scored on val."""
    config = cell_config(cell, dataset, settings)
    return [replace(config, seed=seed, split="val") for seed in SEARCH_SEEDS_ON[cell.encoder]]


@cache
def chosen() -> dict[str, dict[str, Settings]]:
    """Settings by data set and cell that ship with the package; they were chosen on val."""
    return json.loads(files("leap.experiments").joinpath("chosen_settings.json").read_text(encoding="utf-8"))


def chosen_settings(cell: Cell, dataset: str) -> Settings:
    """The settings chosen for a cell on the val split of a data set.

    Raises:
        LeapError: none were chosen; the message says how.
    """
    try:
        return chosen()[dataset][cell.name]
    except KeyError:
        remedy = f"`leap study choose --data {dataset} --encoder {cell.encoder}` tries them"
        raise LeapError(f"no settings chosen for {cell.name} on {dataset}; {remedy}") from None


def has_settings(cell: Cell, dataset: str) -> bool:
    """Whether settings were chosen for a cell on a data set."""
    return cell.name in chosen().get(dataset, {})


def is_available(cell: Cell, profile: Profile, dataset: str) -> bool:
    """Whether `profile_config` has settings for a cell, or needs none."""
    return not searched(profile) or has_settings(cell, SHIPPED if profile == "smoke" else dataset)


def profile_config(cell: Cell, profile: Profile, dataset: str) -> RunConfig:
    """The run config of a cell at a profile.

    Raises:
        LeapError: the profile uses settings chosen on val, and none were chosen on this data set; profile
            ``smoke``, whose scores mean nothing, then takes those of `SHIPPED`.
    """
    if not searched(profile):
        return paper_config(cell.system, dataset)
    source = SHIPPED if profile == "smoke" and not has_settings(cell, dataset) else dataset
    return cell_config(cell, dataset, chosen_settings(cell, source))
