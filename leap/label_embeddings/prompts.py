"""Texts to embed for each class: its name or descriptions."""

from collections.abc import Sequence
from pathlib import Path

from leap.data.names import first_repeat, folded, spelled
from leap.errors import LeapError
from leap.io.reason import reason
from leap.io.strict_json import parse_json
from leap.io.text_file import read_text
from leap.label_embeddings.words import words

Prompts = list[list[str]]
"""For each class, in label order, the texts whose embeddings are averaged."""


def names_as_prompts(classes: Sequence[str]) -> Prompts:
    """Use the words of each class name as the only text of the class.

    Example:
        >>> names_as_prompts(["Dog", "Frying_(food)"])
        [['dog'], ['frying food']]
    """
    return [[" ".join(words(name))] for name in classes]


def read_prompts(path: Path, classes: Sequence[str]) -> Prompts:
    """Read descriptions from a JSON file: class name → list of texts.

    Args:
        path: the file.
        classes: names of the classes, in label order.

    Raises:
        LeapError: the file cannot be read or is not such a table, a class has no text, or a name is not a
            class.
    """
    try:
        table = parse_json(read_text(path))
    except OSError as error:
        raise LeapError(f"{path}: cannot be read ({reason(error)}); give a JSON file of prompts") from None
    except ValueError as error:
        raise LeapError(f"{path}: not JSON ({error}); write class names with lists of texts") from None
    if not isinstance(table, dict):
        raise LeapError(f"{path}: not a JSON object of class names with lists of texts")
    for name, prompts in table.items():
        if not _is_texts(prompts):
            raise LeapError(f'{path}: {name!r} needs a list of texts with words, such as ["a dog barks"]')
    names = [spelled(name) for name in table]
    repeat = first_repeat(names)
    if repeat:
        raise LeapError(f"{path}: has prompts for {names[repeat[0]]} twice; unite them")
    texts, known = dict(zip(names, table.values(), strict=True)), [spelled(name) for name in classes]
    for what, names in (
        ("no prompts for", [name for name in known if name not in texts]),
        ("no class", [name for name in texts if name not in known]),
    ):
        if names:
            raise LeapError(f"{path}: {what} {', '.join(names)}; write prompts for every class and no other")
    return [texts[name] for name in known]


def read_classes(path: Path) -> tuple[str, ...]:
    """Read class names, one per line, in Unicode's composed form (`leap.data.names.spelled`).

    Raises:
        LeapError: the file cannot be read, is empty or repeats a class, possibly in another case, or a name
            has a tab or no words.
    """
    try:
        lines = read_text(path).split("\n")
    except (OSError, ValueError) as error:
        raise LeapError(f"{path}: {reason(error)}; give a file of class names, one per line") from None
    numbered = [(number, spelled(line).strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise LeapError(f"{path}: holds no class names; write them one per line")
    for number, name in numbered:
        if "\t" in name or not words(name):
            raise LeapError(f"{path}:{number}: {name!r} is not a class name; use words, without tabs")
    repeat = first_repeat(folded(name) for _, name in numbered)
    if repeat:
        (first, one), (line, other) = (numbered[index] for index in repeat)
        spelling = "" if one == other else f" as {one!r}"
        raise LeapError(f"{path}:{line}: {other!r} stands already in line {first}{spelling}; remove one")
    return tuple(name for _, name in numbered)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(t, str) and words(t) for t in value)
