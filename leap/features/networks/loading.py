"""Loaders of the feature networks with their public weights in safetensors."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from leap.errors import LeapError, require
from leap.features.networks.efficientnet_lite import EfficientNetLite
from leap.features.networks.r2plus1d import R2Plus1D
from leap.features.networks.vggish import PostProcessing, VGGish
from leap.features.networks.yamnet import YAMNet
from leap.features.weights import find_weights
from leap.io.reason import explain, reason

PACKAGE_NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "vggish": VGGish,
    "vggish-pca": PostProcessing,
    "r2plus1d_18": R2Plus1D,
    "yamnet": YAMNet,
    "efficientnet-lite0": partial(EfficientNetLite, 0),
    "efficientnet-lite1": partial(EfficientNetLite, 1),
}
"""Networks whose architecture is in this package."""

TRANSFORMERS_NETWORKS = {"resnet-152": "ResNetModel", "clip": "CLIPModel", "clap": "ClapModel"}
"""Networks of the ``transformers`` library → their classes."""


@cache
def load_network_once(name: str, folder: Path) -> Any:
    """`load_network`, cached per process."""
    return load_network(name, folder)


def load_network(name: str, folder: Path) -> Any:
    """Load a network with its public weights, in eval mode.

    Args:
        name: key of `PACKAGE_NETWORKS` or `TRANSFORMERS_NETWORKS`.
        folder: folder of all weights.

    Raises:
        LeapError: the weights are missing or belong to another network, or ``transformers`` is needed but
            not installed.
    """
    path = find_weights(name, folder)
    try:
        return (_from_package if name in PACKAGE_NETWORKS else _from_transformers)(name, path).eval()
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        remedy = f"move it away, and get them with `leap weights fetch {name} --weights {folder}`"
        why = explain(error, f"not the weights of {name} ({reason(error)})", remedy)
        raise LeapError(f"{path}: {why}") from None


def _from_package(name: str, path: Path) -> nn.Module:
    network = PACKAGE_NETWORKS[name]()
    path.open("rb").close()  # safetensors calls every file missing that it cannot open
    network.load_state_dict(load_file(path))
    return network


def _from_transformers(name: str, path: Path) -> Any:
    transformers = require("transformers", "text")
    transformers.utils.logging.disable_progress_bar()
    architecture = getattr(transformers, TRANSFORMERS_NETWORKS[name])
    network, report = architecture.from_pretrained(
        path, use_safetensors=True, local_files_only=True, output_loading_info=True
    )
    if report["missing_keys"]:
        raise ValueError(f"lacks {sorted(report['missing_keys'])[0]}")
    return network
