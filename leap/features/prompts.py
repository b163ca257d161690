"""Prompts for CLIP and CLAP: descriptions of the look and sound of each class, with score thresholds."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from leap.config import STRICT
from leap.data.names import first_repeat, folded, spelled
from leap.errors import LeapError
from leap.io.reason import explain, reason
from leap.io.strict_json import parse_json
from leap.io.text_file import read_text
from leap.label_embeddings.prompts import names_as_prompts, read_classes
from leap.registry import first_problem

EXAMPLE = "write it like leap/features/valor_prompts.json, or give class names, one per line, in a .txt file"
SOFTMAX_THRESHOLD = 0.2
"""Default threshold for softmax scores, the probability of a class among all classes."""


@dataclass(frozen=True, config=STRICT)
class Prompt:
    """Description of a class in one modality.

    Attributes:
        text: the description.
        threshold: a segment is labeled with the class if its score is strictly greater.
    """

    text: str = Field(min_length=1)
    threshold: float = SOFTMAX_THRESHOLD


@dataclass(frozen=True, config=STRICT)
class ClassPrompts:
    """Descriptions of a class.

    Attributes:
        seen: how it looks, for CLIP.
        heard: how it sounds, for CLAP.
    """

    seen: Prompt
    heard: Prompt


@dataclass(frozen=True, config=STRICT)
class PromptSet:
    """Prompts of all classes.

    Attributes:
        scores: quantity that thresholds apply to: ``"logits"``, the cosine times the network's scale, as in
            VALOR (arXiv 2305.17343), or ``"softmax"`` of the logits over the classes.
        classes: class → its prompts, in label order.
    """

    scores: Literal["logits", "softmax"]
    classes: dict[str, ClassPrompts] = Field(min_length=1)

    def of(self, kind: str) -> list[Prompt]:
        """Prompts of all C classes for ``"pseudo_visual"`` or ``"pseudo_audio"``, in label order."""
        return [one.seen if kind == "pseudo_visual" else one.heard for one in self.classes.values()]


def read_prompt_set(source: str) -> PromptSet:
    """Read prompts.

    Args:
        source: ``"valor"`` for those of VALOR's release on LLP; a JSON file of the form of
            ``leap/features/valor_prompts.json``; or a text file with one class name per line, for which
            VALOR's sentence templates and softmax scores are used.

    Raises:
        LeapError: the file cannot be read or is not of this form.

    Example:
        >>> read_prompt_set("valor").classes["Dog"].seen
        Prompt(text='A photo of a dog.', threshold=14.0)
    """
    if source == "valor":
        return _parsed((files("leap.features") / "valor_prompts.json").read_text(encoding="utf-8"), source)
    path = Path(source)
    if path.suffix != ".json":
        return _from_names(read_classes(path))
    try:
        return _parsed(read_text(path), source)
    except (OSError, ValueError) as error:
        raise LeapError(f"{source}: {explain(error, reason(error), 'give a JSON file of prompts')}") from None


def _parsed(text: str, source: str) -> PromptSet:
    prompts = _validated(text, source)
    names = list(prompts.classes)
    repeat = first_repeat(map(folded, names))
    if repeat:
        one, other = (names[index] for index in repeat)
        raise LeapError(f"{source}: the classes {one} and {other} are the same name; remove one")
    return PromptSet(prompts.scores, {spelled(name): one for name, one in prompts.classes.items()})


def _validated(text: str, source: str) -> PromptSet:
    try:
        return TypeAdapter(PromptSet).validate_json(json.dumps(parse_json(text)))
    except ValidationError as error:
        raise LeapError(f"{source}: {first_problem(error)}; {EXAMPLE}") from None
    except ValueError as error:
        raise LeapError(f"{source}: not JSON ({error}); {EXAMPLE}") from None


def _from_names(classes: tuple[str, ...]) -> PromptSet:
    texts = [text for (text,) in names_as_prompts(classes)]
    table = {
        name: ClassPrompts(Prompt(f"A photo of {text}."), Prompt(f"This is a sound of {text}"))
        for name, text in zip(classes, texts, strict=True)
    }
    return PromptSet("softmax", table)
