"""Every encoder with every decoder, and the parsers of JoMoLD, CMPAE and UWAV, at small sizes."""

from dataclasses import asdict, replace
from itertools import product
from typing import get_args

import torch

from leap.config import (
    CmpaeConfig,
    EvidentialConfig,
    HanConfig,
    JomoldConfig,
    LeapConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
    UwavConfig,
    ValorConfig,
    Variant,
)
from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser

ENCODERS = [
    *(HanConfig(layers=layers, heads=2) for layers in (1, 2)),
    *(HanConfig(layers=2, heads=2, cross_weight=weight) for weight in (0.0, 0.8)),
    *(ValorConfig(layers=2, heads=2, pre_norm=pre_norm) for pre_norm in (False, True)),
    # MM-Pyr's fusion attends among levels: of one there is nothing to learn
    *(MmPyramidConfig(levels=2, heads=2, swapped=swapped) for swapped in (False, True)),
]
DECODERS = [
    MmilConfig(),
    MmilConfig(blocks=2, heads=2),
    EvidentialConfig(),
    *(LeapConfig(heads=2, variant=variant) for variant in get_args(Variant)),
]
SIZES = {"width": 8, "ffn": 12}
JOMOLD = JomoldConfig(encoder=HanConfig(heads=2, cross_weight=0.0), decoder=MmilConfig(), **SIZES)
CMPAE = CmpaeConfig(encoder=HanConfig(heads=2, cross_weight=0.8), **SIZES)
UWAV = UwavConfig(encoder=ValorConfig(layers=2, heads=2), **SIZES)
PRODUCT = [
    *(
        ModelConfig(encoder=encoder, decoder=decoder, **SIZES)
        for encoder, decoder in product(ENCODERS, DECODERS)
    ),
    JOMOLD,
    CMPAE,
    UWAV,
]
EACH = [
    *(ModelConfig(encoder=encoder, decoder=DECODERS[0], **SIZES) for encoder in ENCODERS[1:]),
    *(ModelConfig(encoder=ENCODERS[0], decoder=decoder, **SIZES) for decoder in DECODERS),
    JOMOLD,
    CMPAE,
    UWAV,
]
"""Every encoder and decoder once, and the three other parsers, where the product would take too long."""

WIDTHS = {"audio": 6, "visual_2d": 7}


def make(config, classes=5, widths=WIDTHS, seed=0):
    torch.manual_seed(seed)
    return build_parser(config, widths, random_orthogonal(classes, 9)).eval()


def parse(parser, videos):
    return parser(*videos.features)


def parts(config):
    """Parser, encoder and decoder of a model: the name of a test."""
    values = [config.name, *asdict(config.encoder).values(), *asdict(config.decoder).values()]
    return "-".join(map(str, values))


def tensors(parsing):
    """All tensors of a parsing by name, an evidential decoder's uncertainties among them."""
    uncertainty = getattr(parsing, "uncertainty", None)
    named = vars(uncertainty) if uncertainty else {}
    found = vars(parsing) | {f"uncertainty_{name}": value for name, value in named.items()}
    return {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}


def without_dropout(config, **changes):
    """A model without dropout, except an evidential decoder's, which is not configured."""
    visual = {"visual_dropout": 0.0} if isinstance(config, JomoldConfig | CmpaeConfig) else {}
    return replace(config, dropout=0.0, **visual, **changes)
