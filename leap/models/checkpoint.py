"""Save parsers to disk, and load them from disk or the Hugging Face Hub, without pickle.

A checkpoint consists of weights and a JSON description. The weights are a safetensors file, whose metadata
holds the description. A checkpoint folder contains ``model.safetensors`` and ``config.json``, a second copy
of the description; the two copies must agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import save_file
from torch import Tensor

from leap.config import PARSERS, STRICT, ModelConfig, Protocol
from leap.data.annotations import SEGMENTS
from leap.errors import LeapError
from leap.io.atomic import atomic_path, atomic_write
from leap.io.reason import os_reason, reason
from leap.io.strict_json import parse_json
from leap.io.tensor_file import TENSOR_ERRORS, open_tensors
from leap.models.hub import snapshot
from leap.models.parser import Parser, build_parser
from leap.models.shipped import shipped_parsers
from leap.registry import UntrustedPartError, check_trusted, first_problem

FILE, CONFIG = "model.safetensors", "config.json"
SHIPPED = ModelConfig.__module__
"""Module that defines the config classes of all built-in parts."""


@dataclass(frozen=True)
class Description:
    """Description of a parser, stored in its checkpoint beside the weights.

    Attributes:
        model: config of the parser.
        protocol: decoding protocol under which the parser was selected.
        classes: names of the C classes, in label order.
        widths: feature widths by input: ``audio``, ``visual_2d`` and, if the parser reads it, ``visual_3d``.
        dataset: name of the data set of its training, whose features it reads; empty if unknown.
        segments: number T of segments of the videos of its training.
    """

    __pydantic_config__ = STRICT

    model: Annotated[ModelConfig, PARSERS]
    protocol: Protocol
    classes: tuple[str, ...]
    widths: dict[str, int]
    dataset: str = ""
    segments: int = SEGMENTS


_ADAPTER = TypeAdapter(Description)


def from_pretrained(name: str | Path) -> Parser:
    """Read a parser, in eval mode: a shipped one, or one from a path or the Hugging Face Hub.

    Args:
        name: a folder or ``.safetensors`` file; if no such path exists, a shipped parser such as
            ``"av-everyday/leap"``; otherwise a repository on the Hub such as ``"owner/name"``.

    Returns:
        The parser, with its ``description``.

    Raises:
        LeapError: neither a path nor a repository has that name, its files are not a checkpoint of this
            package, or huggingface_hub is not installed.
    """
    here = Path(name).exists() or _shipped(name)
    return load_parser(name if here else snapshot(str(name)))[0]


def save_pretrained(parser: Parser, path: str | Path) -> Path:
    """Write a parser that has a description: one that was trained, loaded or imported.

    Args:
        parser: the parser.
        path: a ``.safetensors`` file, or a folder for ``model.safetensors`` and ``config.json``.

    Returns:
        Path of the weights.

    Raises:
        LeapError: the parser has no ``description``.
        OSError: a file cannot be written.
    """
    if parser.description is None:
        raise LeapError("this parser has no description of what it is for; set parser.description")
    return save_parser(parser, parser.description, path)


def save_parser(parser: Parser, description: Description, path: str | Path) -> Path:
    """Give a parser a description and write it atomically; arguments and result as in `save_pretrained`.

    Raises:
        OSError: a file cannot be written.
    """
    parser.description = description
    (weights, *configs), text = parser_files(path), _ADAPTER.dump_json(description, indent=2).decode()
    with atomic_path(weights) as temporary:  # one entry: safetensors does not keep their order
        save_file(_without_shared(parser), temporary, {"description": text})
    for config in configs:
        atomic_write(config, text + "\n")
    return weights


def parser_files(path: str | Path) -> list[Path]:
    """Paths of the files that `save_parser` writes: weights and, in a folder, their description."""
    weights = _weights_file(path)
    return [weights] if weights == Path(path) else [weights, weights.with_name(CONFIG)]


def load_parser(path: str | Path) -> tuple[Parser, Description]:
    """Read a parser that `save_parser` wrote, in eval mode, and its description.

    Args:
        path: a ``.safetensors`` file, a folder that contains ``model.safetensors`` or, if no such path
            exists, the name of a shipped parser.

    Raises:
        LeapError: the file is missing, damaged or not a checkpoint of this package, ``config.json`` describes
            another parser, or a part may not be imported (`leap.registry.check_trusted`).
    """
    weights = _shipped(path) or _weights_file(path)
    try:
        with open_tensors(weights) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            description = _parse(_text(weights, path, file.metadata() or {}))
        parser = _assemble(description, tensors)
    except FileNotFoundError:
        raise LeapError(
            f"{weights}: no such file; make a parser with leap train, or name one of leap models list"
        ) from None
    except UntrustedPartError as error:
        raise LeapError(f"{weights}: {reason(error)}") from None
    except (LeapError, *TENSOR_ERRORS) as error:
        if refused := os_reason(error):
            raise LeapError(f"{weights}: cannot be read ({refused})") from None
        what = first_problem(error) if isinstance(error, ValidationError) else reason(error)
        raise LeapError(f"{weights}: not a trained parser ({what}); make one with leap train") from None
    parser.description = description
    return parser.eval(), description


def _parse(text: str) -> Description:
    values = parse_json(text)
    check_trusted(values.get("model") if isinstance(values, dict) else None)
    return _ADAPTER.validate_json(text)


def _text(weights: Path, path: str | Path, metadata: Mapping[str, str]) -> str:
    """The description in the weights' metadata; in a folder, any ``config.json`` must agree with it."""
    text, config = metadata["description"], weights.with_name(CONFIG)
    if weights != Path(path) and config.exists():
        beside = config.read_text(encoding="utf-8")
        if json.loads(text) != parse_json(beside):
            raise ValueError(f"{CONFIG} describes another parser than the weights beside it")
    return text


def _assemble(description: Description, stored: Mapping[str, Tensor]) -> Parser:
    """Build the described parser and load copies of the stored tensors.

    Tensors are copied because a file's memory is not aligned, which changes rounding. Built-in parts are
    built on the meta device, so no memory is allocated until the shapes have been checked, whatever sizes the
    description states. A custom part may compute with the tensors that it creates, so it is built as for
    training.
    """
    model, labels = description.model, stored["label_embedding"].to(torch.float32, copy=True)
    if len(description.classes) != len(labels):
        classes = f"its description has {len(description.classes)} classes"
        raise ValueError(f"{classes}, but it holds {len(labels)} label embeddings")
    ships = all(type(part).__module__ == SHIPPED for part in (model, model.encoder, model.decoder))
    if ships:
        _check_depth(model, stored)
    with torch.device("meta") if ships else torch.random.fork_rng(devices=[]):
        parser = build_parser(model, description.widths, labels)
    tensors = _with_shared(parser, stored)
    wrong = sorted(_shapes(parser.state_dict()) ^ _shapes(tensors))
    if wrong:
        raise ValueError(f"{wrong[0][0]} is missing, or does not fit the sizes in its description")
    if ships:
        tensors = {name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()}
    parser.load_state_dict(tensors, assign=ships)
    if not all(weights.isfinite().all() for weights in (labels, *parser.parameters())):
        raise ValueError("weights that are not finite")  # a custom part may mask by an infinite buffer
    return parser


def _check_depth(model: ModelConfig, tensors: Mapping[str, Tensor]) -> None:
    """Refuse a model of built-in parts that has more layers than the file has tensors."""
    depth = sum(getattr(model.encoder, name, 0) for name in ("layers", "levels"))
    if depth + getattr(model.decoder, "blocks", 0) > len(tensors):
        raise ValueError("its description has more layers than it holds tensors")


def _shapes(tensors: Mapping[str, Tensor]) -> set[tuple[str, tuple[int, ...]]]:
    return {(name, tuple(tensor.shape)) for name, tensor in tensors.items()}


def _without_shared(parser: Parser) -> dict[str, Tensor]:
    """The parser's tensors by name; a shared tensor is listed only under the first of its names."""
    first: dict[int, str] = {}
    for name, tensor in parser.state_dict(keep_vars=True).items():
        first.setdefault(id(tensor), name)
    # safetensors refuses views that overlap or are not contiguous, such as a transposed buffer
    tensors = parser.state_dict()
    return {name: tensors[name].clone(memory_format=torch.contiguous_format) for name in first.values()}


def _with_shared(parser: Parser, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of `_without_shared`, with every shared tensor under all its names in the parser."""
    names = {name: id(tensor) for name, tensor in parser.state_dict(keep_vars=True).items()}
    shared = {names[name]: tensor for name, tensor in tensors.items() if name in names}
    return {name: shared[place] for name, place in names.items() if place in shared} | {**tensors}


def check_fit(description: Description, classes: tuple[str, ...], widths: Mapping[str, int]) -> None:
    """Refuse data that a parser was not trained for.

    Args:
        description: description of the parser.
        classes: class names of the data, in label order.
        widths: feature widths of the data, by input.

    Raises:
        LeapError: class names, their order or feature widths differ.
    """
    if description.classes != classes:
        raise LeapError(f"{_different(description.classes, classes)}; use the data set of its training")
    if description.widths != widths:
        theirs, given = (
            ", ".join(f"{name} {width}" for name, width in some.items())
            for some in (description.widths, widths)
        )
        what = f"the parser reads features of widths {theirs}, but the data set has {given}"
        raise LeapError(f"{what}; use the features of its training")


def _different(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    """Say how the classes of a parser and of a data set differ."""
    for one, other, names, known in (
        ("parser", "data set", ours, theirs),
        ("data set", "parser", theirs, ours),
    ):
        missing = [name for name in names if name not in known]
        if missing:
            return f"the {one} has the class {missing[0]!r}, which the {other} lacks"
    return "the parser and the data set have the same classes in different orders"


def _shipped(name: str | Path) -> Path | None:
    """Checkpoint of a shipped parser, unless the name is that of an existing path."""
    return None if Path(name).exists() else shipped_parsers().get(Path(name).as_posix())


def _weights_file(path: str | Path) -> Path:
    path = Path(path)
    return path if path.suffix == ".safetensors" else path / FILE
