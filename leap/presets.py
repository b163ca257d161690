"""Every system as its release trains it: sizes, losses, optimiser, schedule, selection and protocol."""

from __future__ import annotations

from dataclasses import replace

from leap.config import (
    DecoderConfig,
    EncoderConfig,
    LossConfig,
    ModelConfig,
    RunConfig,
    ScheduleConfig,
    TrainConfig,
)
from leap.errors import LeapError
from leap.inference.protocols import named_protocol

MMIL = DecoderConfig("mmil", 0)
EVERY_TENTH = ScheduleConfig("drops", 10, 0.1)
WITHOUT_LABELS = ("av-digits", "llp-sim")
"""Data sets that hold no label embeddings."""

BY_TENS = TrainConfig(40, 16, 3e-4, 0, 0.0, None, optimizer="adam", schedule=EVERY_TENTH)
"""HAN's training; MM-Pyr's and LEAP's differ in rate, batch and length."""

HAN = RunConfig(
    model=ModelConfig(EncoderConfig("han"), MMIL, 512, 512, 0.1),
    loss=LossConfig(basic="han"),
    train=BY_TENS,
)
MM_PYR = RunConfig(
    model=ModelConfig(EncoderConfig("mm-pyramid", 4, 8), MMIL, 512, 512, 0.2),
    loss=LossConfig(basic="han"),
    train=replace(BY_TENS, lr=1e-4),
)
VALOR = RunConfig(
    model=ModelConfig(EncoderConfig("valor", 1, 8), MMIL, 512, 1024, 0.1),
    loss=LossConfig(basic="valor"),
    train=TrainConfig(
        epochs=60,
        batch=64,
        lr=1e-4,
        warmup=0,
        weight_decay=1e-3,
        betas=(0.5, 0.999),
        schedule=ScheduleConfig("epochs", 10, 0.01),
        ties="earlier",
    ),
)
VALOR_PLUS = replace(
    VALOR,
    model=ModelConfig(EncoderConfig("valor", 4, 8), MMIL, 256, 1024, 0.1),
    train=replace(VALOR.train, lr=3e-4),
)
VALOR_PLUS_PLUS = replace(VALOR_PLUS, model=replace(VALOR_PLUS.model, inputs=("clap", "clip")))
CMPAE = RunConfig(
    model=ModelConfig(
        EncoderConfig("cmpae"),
        DecoderConfig("cmpae", 0),
        512,
        512,
        0.1,
        elu=True,
        global_branch=True,
        visual_dropout=0.5,
        cross_share=0.7,
    ),
    loss=LossConfig(basic="cmpae", denoise=True),
    train=TrainConfig(
        20,
        128,
        5e-4,
        0,
        0.0,
        None,
        optimizer="adam",
        schedule=ScheduleConfig("drops", 6, 0.25),
        selection="mean",
    ),
    protocol=named_protocol("cmpae"),
    thresholds_on_val=True,
)
JOMOLD_ESTIMATOR = RunConfig(
    model=ModelConfig(EncoderConfig("han-unimodal"), MMIL, 512, 512, 0.1, visual_dropout=0.5),
    loss=LossConfig(basic="jomold"),
    train=replace(CMPAE.train, epochs=25, selection="evt_a"),
    protocol=named_protocol("jomold"),
)
LEAP = RunConfig(
    model=ModelConfig(EncoderConfig("mm-pyramid", 4, 8), DecoderConfig("leap", 2, 8), 512, 512, 0.2),
    loss=LossConfig(weight_avss=1.0),
    train=replace(BY_TENS, epochs=30, batch=32, lr=1e-4),
)
LEAP_HAN = replace(LEAP, model=replace(LEAP.model, encoder=HAN.model.encoder))
LEAP_RELEASE = replace(
    LEAP,
    model=replace(LEAP.model, decoder=replace(LEAP.model.decoder, variant="release")),
    loss=LossConfig(weight_avss=1.0, avss="release"),
)

PRESETS = {
    "han": HAN,
    "mm-pyr": MM_PYR,
    "valor": VALOR,
    "valor+": VALOR_PLUS,
    "valor++": VALOR_PLUS_PLUS,
    "cmpae": CMPAE,
    "jomold-estimator": JOMOLD_ESTIMATOR,
    "leap-han": LEAP_HAN,
    "leap": LEAP,
    "leap-release": LEAP_RELEASE,
}
"""By name. CMPAE trains ``"jomold-estimator"`` first, for its noise ratios."""


def preset(name: str, dataset: str = "llp", features: tuple[str, ...] = ("clap", "clip")) -> RunConfig:
    """A system's release as a run on a data set.

    LEAP takes the label embeddings that `labels_for` names.

    Args:
        name: of ``PRESETS``.
        dataset: data set name.
        features: those the data set has; without CLAP and CLIP, VALOR++ is left with VALOR+'s.

    Raises:
        LeapError: for an unknown name.
    """
    if name not in PRESETS:
        raise LeapError(f"no preset {name!r}; known are {', '.join(PRESETS)}")
    config = PRESETS[name]
    if not {"clap", "clip"} <= set(features):
        config = replace(config, model=replace(config.model, inputs=ModelConfig().inputs))
    if config.model.decoder.name == "leap":
        config = replace(config, model=replace(config.model, labels=labels_for(dataset)))
    return replace(config, dataset=dataset)


def labels_for(dataset: str) -> str:
    """Where label embeddings come from: random ones where none are packed with the data."""
    return "orthogonal" if dataset in WITHOUT_LABELS else "dataset"


def narrow(config: RunConfig, width: int) -> RunConfig:
    """The same at another width, for small data: FFN by proportion, and the rate by inverse proportion.

    The largest stable rate of Adam goes with 1/width (Yang et al., Tensor Programs V, 2022).
    """
    ratio = config.model.width / width
    model = replace(config.model, width=width, ffn=round(config.model.ffn / ratio))
    return replace(config, model=model, train=replace(config.train, lr=config.train.lr * ratio))


def estimator(config: RunConfig) -> RunConfig:
    """The run that estimates the label noise for another: its data, seed, sizes and rate, JoMoLD's training.

    JoMoLD trains 25 epochs where CMPAE trains 20, at the same rate; shorter runs have shorter estimators.
    """
    epochs = -(-config.train.epochs * JOMOLD_ESTIMATOR.train.epochs // CMPAE.train.epochs)
    model = replace(
        JOMOLD_ESTIMATOR.model, width=config.model.width, ffn=config.model.ffn, inputs=config.model.inputs
    )
    train = replace(JOMOLD_ESTIMATOR.train, epochs=epochs, lr=config.train.lr, videos=config.train.videos)
    return replace(JOMOLD_ESTIMATOR, dataset=config.dataset, model=model, train=train, seed=config.seed)
