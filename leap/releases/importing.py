"""Convert a released state dict to a parser of this package; every tensor must be accounted for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, cast

import torch
from pydantic import ValidationError
from torch import Tensor

from leap.config import (
    CmpaeConfig,
    HanConfig,
    LeapConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
    UwavConfig,
    ValorConfig,
)
from leap.data.classes import LLP
from leap.errors import LeapError
from leap.inference.protocols import named_protocol
from leap.io.reason import os_reason, reason
from leap.io.tensor_file import strip_prefixes
from leap.models.checkpoint import Description
from leap.models.parser import Parser, build_parser
from leap.registry import first_problem
from leap.releases.names import (
    MMIL,
    Names,
    cmpae_names,
    han_names,
    leap_names,
    mm_pyramid_names,
    uwav_names,
    valor_names,
)

State = Mapping[str, Tensor]
Norm = Literal["post", "pre"]

HEADS = {"han": 1, "mm-pyr": 8, "valor": 8, "cmpae": 1, "leap": 8, "uwav": 16}
"""Attention heads of the releases, which cannot be inferred from the tensors."""

CLAP_CLIP = (768, 768)
"""Widths of audio and frame features that identify VALOR++."""

CLIP_WIDTH = 512
"""Width of the clip features, R(2+1)D-18's, in UWAV's checkpoints, which do not tell it from that of the
frame features."""

LISTED = 5
"""Maximum number of tensor names that an error message lists per kind."""


@dataclass(frozen=True)
class Release:
    """Rules for reading one system's checkpoints.

    Attributes:
        model: function of the tensors, the number of heads and the position of VALOR's norms that returns the
            config of our parser.
        names: function of the tensors and the config that maps our parameter names to the release's.
        unused: regular expression for the names of tensors that the release creates and never reads.
    """

    model: Callable[[State, int, Norm], ModelConfig]
    names: Callable[[State, ModelConfig], Names]
    unused: str


def from_release(
    system: str,
    state_dict: State,
    heads: int | None = None,
    *,
    norm: Norm = "post",
    label_embedding: Tensor | None = None,
) -> Parser:
    """Make a parser, in eval mode, from a released checkpoint.

    Sizes are inferred from the tensors. Tensors that the release creates and never reads are dropped; any
    other tensor without a counterpart in the parser is an error. A parser for LLP's 25 classes, with label
    embeddings if it is LEAP, gets a ``description`` with the release's protocol, so it can be saved.

    Args:
        system: one of ``"han"``, ``"mm-pyr"``, ``"valor"``, ``"cmpae"``, ``"leap"`` and ``"uwav"``.
            MM-Pyr's MMIL reads swapped streams, as in its release. CMPAE is imported without the blend of
            its test code; set ``cross_weight`` of the parser to 0.7 for it.
        state_dict: the release's tensors by name; all names may have a wrapper's prefix such as ``module.``.
        heads: attention heads; by default those of the release.
        norm: position of VALOR's norms: ``"post"``, after the sublayers, as in its scripts, or ``"pre"``.
        label_embedding: LEAP's label embeddings of LLP's classes, (25, L), which its release stores
            separately; they are converted to float32. Without them, label embeddings must be passed to every
            call of the parser.

    Raises:
        LeapError: the system is unknown, tensors are missing, unknown, misshapen or not finite (the message
            lists them), or the label embeddings do not fit the checkpoint.
    """
    state = strip_prefixes(state_dict)
    model = _model(system, state, heads, norm)
    with _refusing(system, state):
        widths = _widths(state)
        classes, label_width = (
            (len(LLP), state[LABEL].shape[1]) if system == "leap" else (len(state[EVENT]), 1)
        )
        with torch.device("meta"):  # allocates nothing before the shapes are checked
            parser = build_parser(model, widths, torch.empty(classes, label_width))
        parser.load_state_dict(_translate(RELEASES[system], parser, state, model), strict=False, assign=True)
    if system != "leap":
        parser.label_embedding = torch.zeros(classes, 1)
    else:
        parser.label_embedding = _fitting(label_embedding, (classes, label_width))
    if parser.label_embedding is not None and classes == len(LLP):
        parser.description = Description(model, named_protocol(system), LLP, widths, "llp")
    return parser.eval()


def _fitting(labels: Tensor | None, shape: tuple[int, int]) -> Tensor | None:
    """Label embeddings as a float32 copy, refused unless they have the shape and are finite."""
    if labels is None:
        return None
    if labels.shape != shape or not labels.isfinite().all():
        what = f"of shape {tuple(labels.shape)}" if labels.shape != shape else "that are not finite"
        raise LeapError(f"label embeddings {what}; give finite ones of shape {shape}, a row per class of LLP")
    return labels.to(torch.float32, copy=True)


def release_model(
    system: str, state_dict: State, heads: int | None = None, norm: Norm = "post"
) -> ModelConfig:
    """The config of the parser that `from_release` makes; arguments as there.

    Raises:
        LeapError: the system is unknown, or the state dict is not one of the system.
    """
    return _model(system, strip_prefixes(state_dict), heads, norm)


def check_system(system: str) -> None:
    """Refuse a system of which no release is known.

    Raises:
        LeapError: the system is unknown.
    """
    if system not in RELEASES:
        raise LeapError(f"no release of {system!r} is known; known are {', '.join(RELEASES)}")


def release_widths(state_dict: State) -> dict[str, int]:
    """Widths of the features that a released checkpoint reads, by input.

    Raises:
        KeyError: a tensor of the front end is missing.
    """
    return _widths(strip_prefixes(state_dict))


def _model(system: str, state: State, heads: int | None, norm: Norm) -> ModelConfig:
    check_system(system)
    with _refusing(system, state):
        return RELEASES[system].model(state, HEADS[system] if heads is None else heads, norm)


def _widths(state: State) -> dict[str, int]:
    if UWAV_FUSION in state:  # one layer for the concatenated frame and clip features
        visual_2d = state[UWAV_FUSION].shape[1] - CLIP_WIDTH
        audio = state["fc_a.layers.0.weight"].shape[1]
        return {"audio": audio, "visual_2d": visual_2d, "visual_3d": CLIP_WIDTH}
    names = {"audio": "fc_a", "visual_2d": "fc_v", "visual_3d": "fc_st"}
    middle = ".0" if "fc_a.0.weight" in state else ""  # CMPAE's linear layers are followed by ELUs
    return {ours: state[f"{theirs}{middle}.weight"].shape[1] for ours, theirs in names.items()}


@contextmanager
def _refusing(system: str, state: State) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        what = f"lacks the tensors {error}; its first tensor is {next(iter(state), None)!r:.80}"
        raise LeapError(f"not a checkpoint of {system}: {what}") from None
    except ValidationError as error:
        raise LeapError(f"not a checkpoint of {system}: {first_problem(error)}") from None
    except (IndexError, TypeError, ValueError, RuntimeError) as error:
        what = os_reason(error) or f"not a checkpoint of {system}: misshaped tensors ({reason(error)})"
        raise LeapError(what) from None


def _han(state: State, heads: int, norm: Norm) -> ModelConfig:
    width, ffn = _sizes(state, "hat_encoder.layers.0.linear1")
    return ModelConfig(encoder=HanConfig(heads=heads), decoder=MmilConfig(), width=width, ffn=ffn)


def _valor(state: State, heads: int, norm: Norm) -> ModelConfig:
    layers, (width, ffn) = _count(state, HAN_LAYERS), _sizes(state, "hat_encoder.layers.0.linear1")
    encoder = ValorConfig(layers=layers, heads=heads, pre_norm=norm == "pre")
    model = ModelConfig(encoder=encoder, decoder=MmilConfig(), width=width, ffn=ffn)
    widths = _widths(state)
    plus_plus = (widths["audio"], widths["visual_2d"]) == CLAP_CLIP
    return replace(model, inputs=("clap", "clip")) if plus_plus else model


def _mm_pyramid(state: State, heads: int, norm: Norm) -> ModelConfig:
    width, ffn = _sizes(state, PYRAMID_FFN)
    encoder = MmPyramidConfig(levels=_count(state, PYRAMID_LEVELS), heads=heads, swapped=True)
    return ModelConfig(encoder=encoder, decoder=MmilConfig(), width=width, ffn=ffn)


def _cmpae(state: State, heads: int, norm: Norm) -> ModelConfig:
    width, ffn = _sizes(state, "hat_encoder.layers.0.linear1", first="fc_a.0")
    encoder = HanConfig(layers=_count(state, HAN_LAYERS), heads=heads, cross_weight=0.8)
    return CmpaeConfig(encoder=encoder, width=width, ffn=ffn, visual_dropout=0.0, cross_weight=1.0)


def _leap(state: State, heads: int, norm: Norm) -> ModelConfig:
    width, ffn = _sizes(state, PYRAMID_FFN)
    encoder = MmPyramidConfig(levels=_count(state, PYRAMID_LEVELS), heads=heads)
    decoder = LeapConfig(blocks=_count(state, LEAP_BLOCKS), heads=heads, variant="release")
    return ModelConfig(encoder=encoder, decoder=decoder, width=width, ffn=ffn)


def _uwav(state: State, heads: int, norm: Norm) -> ModelConfig:
    width, ffn = _sizes(state, "hat_encoder.layers.0.linear1", first="fc_fusion.layers.0")
    encoder = ValorConfig(layers=_count(state, HAN_LAYERS), heads=heads)
    return UwavConfig(encoder=encoder, width=width, ffn=ffn)


def _sizes(state: State, feed_forward: str, first: str = "fc_a") -> tuple[int, int]:
    """Width d, and hidden width of the feed-forward layers."""
    return state[f"{first}.weight"].shape[0], state[f"{feed_forward}.weight"].shape[0]


EVENT, LABEL, UWAV_FUSION = "fc_prob.weight", "fc_l.weight", "fc_fusion.layers.0.weight"
HAN_LAYERS, PYRAMID_LEVELS, LEAP_BLOCKS = "hat_encoder.layers", "MMP.capture.msa", "AVL.la_cma_network"
PYRAMID_FFN = "MMP.capture.msa.0.vsablock.layer.feed_forward.w_1"
PYRAMID = r"MMP\.(capture|fusion)\.(multiheadattn|feedforward)\.|MMP\..*\.(layer_norm|net\.\d)\."
"""Unused tensors: templates of copied layers, a norm in each attention, second names of convolutions."""

RELEASES = {
    "han": Release(
        _han,
        lambda state, model: han_names(_count(state, HAN_LAYERS)) | MMIL,
        r"(audio|visual|cmt)_encoder\.|hat_encoder\.norm[12]\.|"
        r"hat_encoder\.layers\.\d+\.(self_attn|cm_attn|linear[12]|norm[12])\.",
    ),
    "mm-pyr": Release(
        _mm_pyramid, lambda state, model: mm_pyramid_names(_count(state, PYRAMID_LEVELS)) | MMIL, PYRAMID
    ),
    "valor": Release(
        _valor,
        lambda state, model: valor_names(cast(ValorConfig, model.encoder)) | MMIL,
        r"hat_encoder\.final_norm_[av]\.",
    ),
    "cmpae": Release(
        _cmpae,
        lambda state, model: cmpae_names(_count(state, HAN_LAYERS)),
        r"hat_encoder\.norm[12]\.|fc_global\.",
    ),
    "uwav": Release(
        _uwav,
        lambda state, model: uwav_names(_count(state, HAN_LAYERS)),
        r"hat_encoder\.final_norm_[av]\.",
    ),
    "leap": Release(
        _leap,
        lambda state, model: (
            mm_pyramid_names(_count(state, PYRAMID_LEVELS)) | leap_names(_count(state, LEAP_BLOCKS))
        ),
        PYRAMID + r"|AVL\.(multiheadattn|feedforward)\.|AVL\..*\.layer_norm\.",
    ),
}
"""The systems whose checkpoints can be read."""


def _translate(release: Release, parser: Parser, state: State, model: ModelConfig) -> dict[str, Tensor]:
    """The tensors under our names; a tensor that is neither matched nor listed as unused is an error."""
    names, ours = release.names(state, model), parser.state_dict()
    ours.pop("label_embedding", None)
    theirs = {key: _renamed(key, names) for key in ours}
    wrong = {
        "missing": [name for name in theirs.values() if name not in state],
        "misshapen": [
            name for key, name in theirs.items() if name in state and state[name].shape != ours[key].shape
        ],
        "not finite": [
            name for name in theirs.values() if name in state and not state[name].isfinite().all()
        ],
        "unknown": [
            name for name in sorted(state.keys() - theirs.values()) if not re.match(release.unused, name)
        ],
    }
    if any(wrong.values()):
        raise LeapError("the checkpoint does not fit: " + "; ".join(map(_listed, wrong, wrong.values())))
    return {key: state[name].to(torch.float32, copy=True).contiguous() for key, name in theirs.items()}


def _renamed(key: str, names: Names) -> str:
    prefix = max((p for p in names if key.startswith((f"{p}.", f"{p}_"))), key=len)
    return names[prefix] + key.removeprefix(prefix)


def _listed(kind: str, names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)} {kind}" + (f": {', '.join(names[:LISTED])}{more}" if names else "")


def _count(state: State, prefix: str) -> int:
    """Number of layers under a prefix, numbered from 0 without a gap."""
    numbers = {int(match[1]) for key in state if (match := re.match(rf"{re.escape(prefix)}\.(\d+)\.", key))}
    if not numbers or len(numbers) <= max(numbers):
        raise KeyError(prefix)
    return len(numbers)
