"""A trained parser on disk: safetensors weights with the config in their metadata; no pickle."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from leap.config import ModelConfig, canonical_json
from leap.errors import LeapError
from leap.files import atomic_path
from leap.models.parser import Parser, build_parser

FILE = "model.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A parser with what it was made for.

    Attributes:
        parser: the parser, in eval mode.
        config: its model config.
        classes: names of its C classes, in order.
    """

    parser: Parser
    config: ModelConfig
    classes: tuple[str, ...]


def save_parser(parser: Parser, config: ModelConfig, classes: tuple[str, ...], folder: str | Path) -> Path:
    """Write ``folder/model.safetensors``, whole or not at all, and return its path."""
    metadata = {
        "config": canonical_json(TypeAdapter(ModelConfig).dump_python(config, mode="json")),
        "classes": json.dumps(list(classes)),
        "widths": json.dumps(_widths(parser)),
    }
    path = Path(folder) / FILE
    with atomic_path(path) as temporary:
        save_file(parser.state_dict(), temporary, metadata)
    return path


def load_parser(folder: str | Path) -> Checkpoint:
    """Read what ``save_parser`` wrote.

    Raises:
        LeapError: if the file is missing, damaged or not one of ours.
    """
    path = Path(folder) / FILE
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        config = TypeAdapter(ModelConfig).validate_json(metadata["config"])
        parser = build_parser(config, json.loads(metadata["widths"]), tensors["label_embedding"])
        parser.load_state_dict(tensors)
    except (OSError, SafetensorError, KeyError, ValueError, ValidationError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise LeapError(f"{path}: not a trained parser ({reason}); make one with leap train") from None
    return Checkpoint(parser.eval(), config, tuple(json.loads(metadata["classes"])))


def _widths(parser: Parser) -> dict[str, Any]:
    names = ("audio", "visual_2d", "visual_3d")
    layers = {name: getattr(parser.frontend, name) for name in names}
    return {name: layer.in_features for name, layer in layers.items() if layer is not None}
