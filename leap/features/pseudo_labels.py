"""Segment pseudo labels from CLIP and CLAP, for any classes that can be described."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from leap.config import STRICT
from leap.data.pseudo_labels import threshold_scores
from leap.errors import LeapError
from leap.features import clap
from leap.features import embeddings as features
from leap.features.media import Clip
from leap.features.networks.loading import network
from leap.features.text_embeddings import text_embeddings
from leap.io.strict_json import parse_json
from leap.label_embeddings.prompts import names_as_prompts, read_classes
from leap.registry import first_problem

NETWORKS = {"pseudo_visual": "clip", "pseudo_audio": "clap"}
"""Kind of pseudo labels → the network that gives them."""

SHARE = 0.2
"""Threshold of softmax scores where none is given: the share a class has of a second, among all classes."""

Labels = NDArray[np.int64]
Weak = NDArray[np.uint8]


@dataclass(frozen=True, config=STRICT)
class Prompt:
    """What one modality of a class is described by, and above which score it is marked."""

    text: str = Field(min_length=1)
    threshold: float = SHARE


@dataclass(frozen=True, config=STRICT)
class ClassPrompts:
    """How a class looks and how it sounds."""

    seen: Prompt
    heard: Prompt


@dataclass(frozen=True, config=STRICT)
class Teaching:
    """What the teachers are asked.

    Attributes:
        scores: what thresholds are compared with: ``"logits"``, the cosine times the network's scale, as in
            VALOR, or ``"softmax"`` of these over the classes.
        classes: prompts by class, in label order.
    """

    scores: Literal["logits", "softmax"]
    classes: dict[str, ClassPrompts] = Field(min_length=1)

    def prompts(self, kind: str) -> list[Prompt]:
        """The prompts of a kind of pseudo labels, in label order."""
        return [one.seen if kind == "pseudo_visual" else one.heard for one in self.classes.values()]


def read_teaching(source: str) -> Teaching:
    """Read prompts.

    Args:
        source: ``"valor"`` for VALOR's on LLP, a JSON file of the same form, or a text file of class names,
            one a line, which are put into VALOR's sentences and scored by softmax.

    Raises:
        LeapError: the file cannot be read or is not of that form.
    """
    if source == "valor":
        return _parsed((files("leap.features") / "valor_prompts.json").read_text(encoding="utf-8"), source)
    path = Path(source)
    if path.suffix != ".json":
        return _from_names(read_classes(path))
    try:
        return _parsed(path.read_text(encoding="utf-8"), source)
    except (OSError, UnicodeDecodeError) as error:
        raise LeapError(f"{source}: cannot be read ({error}); give a JSON file of prompts") from None


def teach(kind: str, clip: Clip, teaching: Teaching, weights: Path, weak: Weak | None = None) -> Labels:
    """Pseudo labels of a clip in one modality, (T, C), zeros and ones; nothing where it has no such stream.

    Args:
        kind: ``"pseudo_audio"`` or ``"pseudo_visual"``.
        clip: the video.
        teaching: prompts and thresholds.
        weights: folder of the networks' weights.
        weak: the classes of the video, (C,), to which labels are restricted; None where they are not known.

    Raises:
        LeapError: weights are not there, or the clip is damaged.
    """
    if not (clip.pictures if kind == "pseudo_visual" else clip.sound):
        return np.zeros((clip.segments, len(teaching.classes)), np.int64)
    found = torch.from_numpy(scores(kind, clip, teaching, weights))[None]  # (1, T, C)
    thresholds = torch.tensor([prompt.threshold for prompt in teaching.prompts(kind)])
    allowed = np.ones(found.shape[2]) if weak is None else weak
    return threshold_scores(found, thresholds, torch.from_numpy(allowed).long()[None])[0].numpy()


def scores(kind: str, clip: Clip, teaching: Teaching, weights: Path) -> NDArray[np.float32]:
    """What a teacher says of every second and class, (T, C)."""
    name = NETWORKS[kind]
    model: Any = network(name, weights)
    seconds = features.clip_image(model, clip) if name == "clip" else clap.embeddings(model, clip)
    texts = text_embeddings(name, tuple(prompt.text for prompt in teaching.prompts(kind)), weights)
    scale = (model.logit_scale if name == "clip" else model.logit_scale_a).exp()
    logits = scale.detach() * torch.from_numpy(seconds @ texts.T)  # (T, C)
    return (logits.softmax(1) if teaching.scores == "softmax" else logits).numpy()


def weak_label(name: str, weak: Mapping[str, Weak]) -> Weak:
    """The weak label of a video, by its name.

    Raises:
        LeapError: it has none.
    """
    if name not in weak:
        raise LeapError(f"{name}: has no weak label in the files given; add it, or label without --weak")
    return weak[name]


def _parsed(text: str, source: str) -> Teaching:
    try:
        return TypeAdapter(Teaching).validate_json(json.dumps(parse_json(text)))
    except ValidationError as error:
        raise LeapError(f"{source}: {first_problem(error)}; VALOR's file shows the form") from None
    except ValueError as error:
        raise LeapError(f"{source}: not JSON ({error}); VALOR's file shows the form") from None


def _from_names(classes: tuple[str, ...]) -> Teaching:
    texts = [text for (text,) in names_as_prompts(classes)]
    table = {
        name: ClassPrompts(Prompt(f"A photo of {text}."), Prompt(f"This is a sound of {text}"))
        for name, text in zip(classes, texts, strict=True)
    }
    return Teaching("softmax", table)
