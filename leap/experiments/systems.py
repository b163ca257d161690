"""The systems that the studies compare, and their settings, chosen on val."""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, TypeGuard

from leap.config import (
    AvssConfig,
    DecoderConfig,
    EncoderConfig,
    EvidentialConfig,
    HanConfig,
    LeapConfig,
    LossConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ValorConfig,
)
from leap.data.registry import default_labels
from leap.errors import LeapError

HAN, VALOR, MM_PYR = HanConfig(), ValorConfig(), MmPyramidConfig()
LEAP, MMIL = LeapConfig(), MmilConfig()
BASIC, AVSS = LossConfig(), LossConfig(avss=AvssConfig())


@dataclass(frozen=True)
class System:
    """An encoder, a decoder and a loss; L_basic is the same for all systems.

    Attributes:
        decoder: the decoder.
        loss: the loss.
        encoder: the encoder.
    """

    decoder: DecoderConfig
    loss: LossConfig = BASIC
    encoder: EncoderConfig = HAN


SYSTEMS = {
    "MMIL": System(MMIL),
    "MMIL + 2 blocks": System(replace(MMIL, blocks=2)),
    "MMIL + L_avss": System(MMIL, AVSS),
    "LEAP N=1": System(replace(LEAP, blocks=1)),
    "LEAP": System(LEAP),
    "LEAP N=3": System(replace(LEAP, blocks=3)),
    "LEAP N=4": System(replace(LEAP, blocks=4)),
    "LEAP + L_avss": System(LEAP, AVSS),
    "LEAP calibrated": System(replace(LEAP, variant="calibrated")),
    "VALOR, MMIL": System(MMIL, encoder=VALOR),
    "VALOR, LEAP": System(LEAP, encoder=VALOR),
    "CMPAE": System(EvidentialConfig(), encoder=HanConfig(cross_weight=0.8)),
    "MM-Pyr, MMIL": System(MMIL, encoder=MM_PYR),
    "MM-Pyr, LEAP": System(LEAP, encoder=MM_PYR),
}
"""Systems by name, with HAN's encoder unless the name says otherwise; each has its own settings."""

LEARNING_RATES = (1e-3, 2e-3, 4e-3)
DROPOUTS = (0.1, 0.2)
HEADS = (1, 4)
SEARCH_SEEDS = (1000, 1001)
"""Seeds of the search; reported runs use other seeds."""

PAPER_MODEL = ModelConfig(width=512, ffn=512)
PAPER_HEADS = 8
PAPER_TRAINING = TrainConfig(epochs=30, batch=32, lr=1e-4)
"""Width, number of heads, epochs, batch size and learning rate of LEAP's release; the schedule is ours."""


def configure_system(system: str, dataset: str, settings: dict[str, Any]) -> RunConfig:
    """The run config of a system with given hyper-parameters.

    Args:
        system: name in `SYSTEMS`.
        dataset: name of the data set.
        settings: ``lr``, and ``heads`` or ``dropout``.
    """
    found = SYSTEMS[system]
    decoder = found.decoder
    if "heads" in settings and has_blocks(decoder):
        decoder = replace(decoder, heads=settings["heads"])
    model = ModelConfig(encoder=found.encoder, decoder=decoder)
    model = replace(model, dropout=settings.get("dropout", model.dropout))
    train = replace(TrainConfig(), lr=settings["lr"])
    return RunConfig(dataset=dataset, model=model, loss=found.loss, train=train)


def has_blocks(decoder: DecoderConfig) -> TypeGuard[MmilConfig | LeapConfig]:
    """Whether a decoder has attention blocks and therefore a number of heads to choose."""
    return isinstance(decoder, MmilConfig | LeapConfig) and decoder.blocks > 0


def candidates(system: str) -> list[dict[str, Any]]:
    """The grid of six settings of a system.

    Three learning rates and two head counts, or two dropout rates for decoders without attention blocks.
    """
    name, values = ("heads", HEADS) if has_blocks(SYSTEMS[system].decoder) else ("dropout", DROPOUTS)
    return [{"lr": lr, name: value} for lr, value in product(LEARNING_RATES, values)]


def search_configs(system: str, dataset: str) -> list[list[RunConfig]]:
    """Runs of the search, scored on val: for every candidate, one run per seed."""
    return [
        [replace(configure_system(system, dataset, c), seed=seed, split="val") for seed in SEARCH_SEEDS]
        for c in candidates(system)
    ]


@cache
def selected() -> dict[str, dict[str, dict[str, Any]]]:
    """Settings by data set and system that ship with the package; they were chosen on val."""
    return json.loads(files("leap.experiments").joinpath("selected.json").read_text(encoding="utf-8"))


def was_searched(dataset: str) -> bool:
    """Whether settings were chosen on a data set."""
    return dataset in selected()


def selected_config(system: str, dataset: str) -> RunConfig:
    """The run config of a system with the settings chosen for it on val.

    Raises:
        LeapError: no settings were chosen on this data set.
    """
    if not was_searched(dataset):
        raise LeapError(
            f"no settings chosen for data set {dataset!r}; choose them with make search and copy "
            "results/selected.json to leap/experiments/, or take the paper's with profile trial or paper"
        )
    return configure_system(system, dataset, selected()[dataset][system])


def paper_config(system: str | System, dataset: str) -> RunConfig:
    """The run config of a system at the paper's size, with the default label embeddings of the data set.

    Args:
        system: a system, or its name in `SYSTEMS`.
        dataset: name of the data set.
    """
    found = SYSTEMS[system] if isinstance(system, str) else system
    decoder = replace(found.decoder, heads=PAPER_HEADS) if has_blocks(found.decoder) else found.decoder
    model = replace(PAPER_MODEL, encoder=found.encoder, decoder=decoder, labels=default_labels(dataset))
    return RunConfig(dataset=dataset, model=model, loss=found.loss, train=PAPER_TRAINING)
