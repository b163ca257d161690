"""The networks with their public weights, read as safetensors."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from leap.errors import LeapError
from leap.features.networks.r2plus1d import R2Plus1D
from leap.features.networks.vggish import PostProcessing, VGGish
from leap.features.weights import find_weights

OURS: dict[str, Callable[[], nn.Module]] = {
    "vggish": VGGish,
    "vggish-pca": PostProcessing,
    "r2plus1d_18": R2Plus1D,
}
"""Networks that this package has the code of."""

THEIRS = {"resnet-152": "ResNetModel", "clip": "CLIPModel", "clap": "ClapModel"}
"""Networks of the ``transformers`` library, by its classes."""


@cache
def network(name: str, folder: Path) -> Any:
    """A network, which a process loads once."""
    return load_network(name, folder)


def load_network(name: str, folder: Path) -> Any:
    """A network with its weights, in eval mode.

    Args:
        name: of `OURS` or `THEIRS`.
        folder: of all weights.

    Raises:
        LeapError: the weights are not there or are another network's, or ``transformers`` is not installed.
    """
    path = find_weights(name, folder)
    try:
        return (_ours if name in OURS else _theirs)(name, path).eval()
    except ImportError:
        raise LeapError(f"{name} needs transformers: pip install 'leap-avvp[text]'") from None
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise LeapError(f"{path}: not the weights of {name} ({reason})") from None


def _ours(name: str, path: Path) -> nn.Module:
    made = OURS[name]()
    made.load_state_dict(load_file(path))
    return made


def _theirs(name: str, path: Path) -> Any:
    import transformers

    transformers.utils.logging.disable_progress_bar()
    kind = getattr(transformers, THEIRS[name])
    made, found = kind.from_pretrained(
        path, use_safetensors=True, local_files_only=True, output_loading_info=True
    )
    if found["missing_keys"]:
        raise ValueError(f"lacks {sorted(found['missing_keys'])[0]}")
    return made
