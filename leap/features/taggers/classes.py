"""Event classes as sets of tags: classes of AudioSet, which are heard, and of ImageNet, which are seen."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from pathlib import Path

from leap.data.classes import AV_EVERYDAY
from leap.data.names import first_repeat, folded, spelled
from leap.errors import LeapError
from leap.features.networks.conversion import CLASSES
from leap.features.weights import find_weights
from leap.io.reason import reason
from leap.io.tensor_file import TENSOR_ERRORS, open_tensors

FOLDER = files("leap.features.taggers")

SEPARATOR, RANGE = "; ", " to "
"""Between the tags of a cell of the table, and between the first and the last of successive tags."""

NEAREST = 3
"""Number of known names that a message lists for an unknown one."""


@dataclass(frozen=True)
class EventClass:
    """An event class and its tags.

    Attributes:
        name: name of the class.
        heard: numbers of its classes of AudioSet; empty if YAMNet cannot hear it.
        seen: numbers of its classes of ImageNet; empty if EfficientNet-Lite cannot see it.
    """

    name: str
    heard: tuple[int, ...]
    seen: tuple[int, ...]


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Names of ImageNet's 1,000 classes (ILSVRC 2012), in the order of the scores.

    The names are words of WordNet as torchvision's list of categories (BSD-3-Clause) spells them, except for
    two that differed only in case.
    """
    return tuple((FOLDER / "imagenet_classes.txt").read_text(encoding="utf-8").splitlines())


def audioset_classes(weights: Path) -> tuple[str, ...]:
    """Names of the 521 classes of AudioSet that YAMNet scores, as published with its weights.

    Args:
        weights: folder of the networks' weights.

    Raises:
        LeapError: YAMNet's weights are missing or have no names.
    """
    path = find_weights("yamnet", weights)
    try:
        with open_tensors(path) as file:
            return tuple(json.loads(file.metadata()[CLASSES]))
    except TENSOR_ERRORS as error:
        raise LeapError(
            f"{path}: no names of classes ({reason(error)}); remove it and fetch it again"
        ) from None


@cache
def tabled_classes(audioset: tuple[str, ...]) -> dict[str, EventClass]:
    """The classes of LLP and AV-Everyday and their tags, by name, as ``classes.tsv`` lists them.

    A class of both data sets is listed once, as LLP spells it.

    Args:
        audioset: names of YAMNet's classes.
    """
    rows = csv.DictReader((FOLDER / "classes.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t")
    return {
        row["class"]: EventClass(
            row["class"], _numbers(row["heard"], audioset), _numbers(row["seen"], imagenet_classes())
        )
        for row in rows
    }


def select_classes(names: Iterable[str], audioset: tuple[str, ...]) -> tuple[EventClass, ...]:
    """Event classes by name: of LLP, AV-Everyday, AudioSet or ImageNet, in any case.

    A class of LLP or AV-Everyday has the tags of ``classes.tsv`` and is reported under the name that its data
    set gives it. Other names stand for themselves: they are heard if AudioSet has a class of that name, and
    seen if ImageNet has one.

    Args:
        names: names of the classes.
        audioset: names of YAMNet's classes.

    Raises:
        LeapError: a name is unknown, the message then lists the nearest known names; a name is repeated; or
            there is none.
    """
    listed = [spelled(name).strip() for name in names if name.strip()]
    if not listed:
        raise LeapError("no classes; name some, or leave --classes out for LLP's")
    repeat = first_repeat(map(_key, listed))
    if repeat:
        raise LeapError(f"the class {listed[repeat[1]]!r} is named twice; name it once")
    return tuple(_select(name, audioset) for name in listed)


def undetectable(classes: Sequence[EventClass]) -> dict[str, tuple[str, ...]]:
    """Names of the classes without tags in a modality, by modality."""
    return {
        "audio": tuple(one.name for one in classes if not one.heard),
        "visual": tuple(one.name for one in classes if not one.seen),
    }


def _select(name: str, audioset: tuple[str, ...]) -> EventClass:
    key, table = _key(name), {_key(known): tags for known, tags in tabled_classes(audioset).items()}
    if key in table:
        return replace(table[key], name=name) if name in AV_EVERYDAY else table[key]
    heard, seen = (
        tuple(number for number, known in enumerate(names) if _key(known) == key)
        for names in (audioset, imagenet_classes())
    )
    if not heard and not seen:
        nearest = _nearest(key, (*tabled_classes(audioset), *audioset, *imagenet_classes()))
        raise LeapError(f"no tagger knows {name!r}; the nearest names are {', '.join(map(repr, nearest))}")
    return EventClass(name, heard, seen)


def _nearest(key: str, known: Iterable[str]) -> list[str]:
    """The names most similar to a key; its beginnings and continuations come first."""
    names = {_key(name): name for name in known}
    extended = [near for near in names if near.startswith(key) or key.startswith(near)]
    similar = sorted(names, key=lambda near: SequenceMatcher(None, key, near).ratio(), reverse=True)
    similar.sort(key=lambda near: near not in extended)
    return [names[near] for near in similar[:NEAREST]]


def _key(name: str) -> str:
    """What names share that differ only in case, or in underscores for spaces."""
    return folded(name.replace("_", " "))


def _numbers(cell: str, names: Sequence[str]) -> tuple[int, ...]:
    """Numbers of the tags of a cell: names, or ranges of names."""
    found: list[int] = []
    for tag in filter(None, cell.split(SEPARATOR)):
        first, *last = (names.index(name) for name in tag.split(RANGE))
        found += range(first, (last or [first])[0] + 1)
    return tuple(found)
