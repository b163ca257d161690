"""A parser on disk: safetensors weights and what describes them; no pickle.

In a folder these are ``model.safetensors`` and ``config.json``; a single ``.safetensors`` file has the
description in its metadata.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from leap.config import first_problem
from leap.errors import LeapError
from leap.io.atomic import atomic_path, atomic_write
from leap.models.description import Description
from leap.models.parser import Parser, build_parser

FILE, CONFIG = "model.safetensors", "config.json"

_ADAPTER = TypeAdapter(Description)


def save_parser(parser: Parser, description: Description, folder: str | Path) -> Path:
    """Write a ``.safetensors`` file, or one and ``config.json`` in a folder, each whole or not at all.

    Returns:
        The path of the weights.
    """
    parser.description = description
    path, text = _file(folder), _ADAPTER.dump_json(description, indent=2).decode()
    if path != Path(folder):
        atomic_write(path.with_name(CONFIG), text + "\n")
    with atomic_path(path) as temporary:  # one entry only: safetensors writes several in random order
        save_file(parser.state_dict(), temporary, {"description": text})
    return path


def load_parser(folder: str | Path) -> tuple[Parser, Description]:
    """Read what ``save_parser`` wrote, by its path or its folder; the parser is in eval mode.

    In a folder ``config.json`` counts, where there is one.

    Raises:
        LeapError: if the file is missing, damaged or not one of ours.
    """
    path = _file(folder)
    try:
        with safe_open(path, framework="pt") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            # copied, because the file's own memory is not aligned and would round differently
            tensors = {name: tensor.to(torch.float32, copy=True) for name, tensor in stored.items()}
            description = _ADAPTER.validate_json(_description(path, folder, file.metadata() or {}))
        parser = _assembled(description, tensors)
    except FileNotFoundError:
        raise LeapError(f"{path}: no such file; make a parser with leap train") from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = first_problem(error) if isinstance(error, ValidationError) else str(error).partition("\n")[0]
        raise LeapError(f"{path}: not a trained parser ({reason}); make one with leap train") from None
    parser.description = description
    return parser.eval(), description


def _assembled(description: Description, tensors: Mapping[str, Tensor]) -> Parser:
    """A parser of these tensors; it takes no memory of its own, whatever sizes its description tells."""
    model, labels = description.model, tensors["label_embedding"]
    if len(description.classes) != len(labels):
        raise ValueError(f"{len(description.classes)} classes and {len(labels)} label embeddings")
    if model.encoder.layers + model.decoder.blocks > len(tensors):
        raise ValueError("more layers than tensors")
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise ValueError("weights that are not finite")
    with torch.device("meta"):
        parser = build_parser(model, description.widths, labels)
    wrong = sorted(_shapes(parser.state_dict()) ^ _shapes(tensors))
    if wrong:
        raise ValueError(f"{wrong[0][0]} is not what config and widths ask for")
    parser.load_state_dict(tensors, assign=True)
    return parser


def _shapes(tensors: Mapping[str, Tensor]) -> set[tuple[str, tuple[int, ...]]]:
    return {(name, tuple(tensor.shape)) for name, tensor in tensors.items()}


def check_fit(description: Description, classes: tuple[str, ...], widths: Mapping[str, int]) -> None:
    """Refuse data that a parser was not made for.

    Raises:
        LeapError: if class names or feature widths differ.
    """
    if description.classes != classes:
        different = sorted(set(description.classes) ^ set(classes)) or ["their order"]
        raise LeapError(
            f"the parser and the data name other classes, first {different[0]}; use matching data"
        )
    if description.widths != widths:
        raise LeapError(f"the parser reads features {description.widths}, the data have {dict(widths)}")


def _description(path: Path, folder: str | Path, metadata: Mapping[str, str]) -> str:
    config = path.with_name(CONFIG)
    if path != Path(folder) and config.exists():
        return config.read_text(encoding="utf-8")
    return metadata["description"]


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path if path.suffix == ".safetensors" else path / FILE
