"""A parser on disk: safetensors weights and what describes them; no pickle.

In a folder these are ``model.safetensors`` and ``config.json``; a single ``.safetensors`` file has the
description in its metadata.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from leap.errors import LeapError
from leap.files import atomic_path, atomic_write
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
            # cloned, because the file's own memory is not aligned and would round differently
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            description = _ADAPTER.validate_json(_description(path, folder, file.metadata() or {}))
        parser = build_parser(description.model, description.widths, tensors["label_embedding"])
        parser.load_state_dict(tensors)
    except FileNotFoundError:
        raise LeapError(f"{path}: no such file; make a parser with leap train") from None
    except (OSError, SafetensorError, KeyError, ValidationError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise LeapError(f"{path}: not a trained parser ({reason}); make one with leap train") from None
    parser.description = description
    return parser.eval(), description


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
