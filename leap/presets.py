"""Every system as its release trains it, and ours: model, losses, optimizer, schedule and protocol."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from leap.config import (
    AvssConfig,
    CmpaeConfig,
    CmpaeLossConfig,
    EpochCosineSchedule,
    HanConfig,
    HanLossConfig,
    LeapConfig,
    LossConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
    RunConfig,
    SmoothingConfig,
    StepSchedule,
    TrainConfig,
    UwavConfig,
    UwavLossConfig,
    ValorConfig,
    ValorLossConfig,
)
from leap.data.registry import check_dataset, default_labels, find_dataset
from leap.data.store.layout import INPUTS
from leap.errors import LeapError
from leap.inference.protocols import named_protocol
from leap.training.denoising import CMPAE_EPOCHS, NOISE_ESTIMATOR

HAN = RunConfig(
    model=ModelConfig(encoder=HanConfig(), decoder=MmilConfig(), width=512, ffn=512, dropout=0.1),
    loss=LossConfig(basic=HanLossConfig()),
    train=TrainConfig(
        epochs=40,
        batch=16,
        lr=3e-4,
        weight_decay=0.0,
        clip=None,
        optimizer="adam",
        schedule=StepSchedule(period=10, factor=0.1),
    ),
)
MM_PYR = RunConfig(
    model=ModelConfig(encoder=MmPyramidConfig(), decoder=MmilConfig(), width=512, ffn=512, dropout=0.2),
    loss=LossConfig(basic=HanLossConfig()),
    train=replace(HAN.train, lr=1e-4),
)
VALOR = RunConfig(
    model=ModelConfig(encoder=ValorConfig(), decoder=MmilConfig(), width=512, ffn=1024, dropout=0.1),
    loss=LossConfig(basic=ValorLossConfig()),
    train=TrainConfig(
        epochs=60,
        batch=64,
        lr=1e-4,
        weight_decay=1e-3,
        betas=(0.5, 0.999),
        schedule=EpochCosineSchedule(warmup=10, final=0.01),
        ties="earlier",
    ),
)
VALOR_PLUS = replace(
    VALOR,
    model=replace(VALOR.model, encoder=ValorConfig(layers=4), width=256),
    train=replace(VALOR.train, lr=3e-4),
)
VALOR_PLUS_PLUS = replace(VALOR_PLUS, model=replace(VALOR_PLUS.model, inputs=("clap", "clip")))
CMPAE = RunConfig(
    model=CmpaeConfig(width=512, ffn=512, dropout=0.1),
    loss=LossConfig(basic=CmpaeLossConfig()),
    train=replace(NOISE_ESTIMATOR.train, epochs=CMPAE_EPOCHS, selection="mean"),
    protocol=named_protocol("cmpae"),
    thresholds_on_val=True,
)
LEAP = RunConfig(
    model=ModelConfig(
        encoder=MmPyramidConfig(), decoder=LeapConfig(blocks=2, heads=8), width=512, ffn=512, dropout=0.2
    ),
    loss=LossConfig(avss=AvssConfig(weight=1.0)),
    train=replace(HAN.train, epochs=30, batch=32, lr=1e-4),
)
LEAP_HAN = replace(LEAP, model=replace(LEAP.model, encoder=HAN.model.encoder))
LEAP_RELEASE = replace(
    LEAP,
    model=replace(LEAP.model, decoder=LeapConfig(blocks=2, heads=8, variant="release")),
    loss=LossConfig(avss=AvssConfig(weight=1.0, variant="release")),
)
UWAV = RunConfig(
    model=UwavConfig(width=512, ffn=2048, dropout=0.1),
    loss=LossConfig(basic=UwavLossConfig()),
    train=TrainConfig(
        epochs=80,
        batch=64,
        lr=1e-4,
        weight_decay=1e-4,
        schedule=EpochCosineSchedule(warmup=10, final=0.05, first=1),
        ties="earlier",
    ),
)
OURS = replace(
    LEAP_HAN,
    loss=LossConfig(basic=ValorLossConfig(), avss=AvssConfig(weight=1.0)),
    smoothing=SmoothingConfig(audio="auto", visual="auto"),
)
"""LEAP on HAN with VALOR's loss and pseudo-labels that are denoised over time; not a published system.

Most of its gain over LEAP is expected from the loss and from the labels. How much LEAP's decoder adds to MMIL
under the same loss and labels is measured in the chapter on denoised labels.
"""

RELEASES = {
    "han": HAN,
    "mm-pyr": MM_PYR,
    "valor": VALOR,
    "valor+": VALOR_PLUS,
    "valor++": VALOR_PLUS_PLUS,
    "cmpae": CMPAE,
    "jomold-estimator": NOISE_ESTIMATOR,
    "leap-han": LEAP_HAN,
    "leap": LEAP,
    "leap-release": LEAP_RELEASE,
    "uwav": UWAV,
}
"""Name → run config of a release. CMPAE first trains ``"jomold-estimator"`` to estimate its noise ratios."""

PRESETS = {**RELEASES, "ours": OURS}
"""Name → run config."""


def preset(name: str, dataset: str = "llp", features: Collection[str] | None = None) -> RunConfig:
    """Run config of a released system, or of ours, on a data set.

    LEAP uses the data set's default label embeddings. If the data set lacks CLAP or CLIP features, VALOR++
    uses the input features of VALOR+.

    >>> preset("han").train.epochs
    40

    Args:
        name: a name in `PRESETS`.
        dataset: name of the data set.
        features: names of the features in the data set; needed only for a custom data set.

    Raises:
        LeapError: the preset or the data set is unknown.
    """
    if name not in PRESETS:
        raise LeapError(f"no preset {name!r}; known are {', '.join(PRESETS)}")
    check_dataset(dataset, custom=features is not None)
    known = find_dataset(dataset)
    there = features if features is not None else known.features if known else INPUTS
    model = PRESETS[name].model
    if not set(model.inputs) <= set(there):
        model = replace(model, inputs=ModelConfig().inputs)
    if isinstance(model.decoder, LeapConfig):
        model = replace(model, labels=default_labels(dataset))
    return replace(PRESETS[name], dataset=dataset, model=model)


def scale_width(config: RunConfig, width: int) -> RunConfig:
    """Scale a config to another width: the FFN proportionally, the learning rate inversely.

    Adam's largest stable rate scales with 1/width (Yang et al., Tensor Programs V, arXiv 2203.03466).
    """
    ratio = config.model.width / width
    model = replace(config.model, width=width, ffn=round(config.model.ffn / ratio))
    return replace(config, model=model, train=replace(config.train, lr=config.train.lr * ratio))
