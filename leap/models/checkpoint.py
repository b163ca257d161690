"""A trained parser on disk: safetensors weights with what describes them in the metadata; no pickle."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from leap.config import ModelConfig
from leap.decoding import Protocol
from leap.errors import LeapError
from leap.files import atomic_path
from leap.models.parser import Parser, build_parser

FILE = "model.safetensors"


@dataclass(frozen=True)
class Description:
    """What a parser was made for.

    Attributes:
        model: its config.
        protocol: the decoding protocol it was selected under.
        classes: names of its C classes, in order.
        widths: widths of the features it reads.
    """

    model: ModelConfig
    protocol: Protocol
    classes: tuple[str, ...]
    widths: dict[str, int]


_ADAPTER = TypeAdapter(Description)


def save_parser(parser: Parser, description: Description, folder: str | Path) -> Path:
    """Write a ``.safetensors`` file, or ``model.safetensors`` in a folder, whole or not at all.

    Returns:
        Its path.
    """
    path = _file(folder)
    metadata = {"description": _ADAPTER.dump_json(description).decode()}
    with atomic_path(path) as temporary:
        save_file(parser.state_dict(), temporary, metadata)
    return path


def load_parser(folder: str | Path) -> tuple[Parser, Description]:
    """Read what ``save_parser`` wrote, by its path or its folder; the parser is in eval mode.

    Raises:
        LeapError: if the file is missing, damaged or not one of ours.
    """
    path = _file(folder)
    try:
        with safe_open(path, framework="pt") as file:
            # cloned, because the file's own memory is not aligned and would round differently
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            description = _ADAPTER.validate_json((file.metadata() or {})["description"])
        parser = build_parser(description.model, description.widths, tensors["label_embedding"])
        parser.load_state_dict(tensors)
    except FileNotFoundError:
        raise LeapError(f"{path}: no such file; make a parser with leap train") from None
    except (OSError, SafetensorError, KeyError, ValidationError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise LeapError(f"{path}: not a trained parser ({reason}); make one with leap train") from None
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


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path if path.suffix == ".safetensors" else path / FILE
