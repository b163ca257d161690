"""Public weights of the networks: where they come from, and what is on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from safetensors.torch import save_file

from leap.errors import LeapError
from leap.io.atomic import atomic_path, atomic_write
from leap.io.download import download, file_sha256
from leap.io.strict_json import parse_json
from leap.io.tensor_file import read_checkpoint
from leap.label_embeddings.encoders import FILES

MANIFEST = "sha256.json"
"""Beside the weights: the SHA-256 of every file when it was fetched."""


@dataclass(frozen=True)
class Weights:
    """Weights of one network.

    Attributes:
        use: what they are for.
        source: address of a file, or name of a repository of the hub.
        licence: of the weights.
        megabytes: about how many are downloaded.
        sha256: what the file's SHA-256 begins with, by which its authors name it; empty for a repository.
    """

    use: str
    source: str
    licence: str
    megabytes: int
    sha256: str = ""


WEIGHTS = {
    "vggish": Weights(
        "audio features",
        "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
        "Apache-2.0",
        288,
        "10086976",
    ),
    "vggish-pca": Weights(
        "post-processing of audio features",
        "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish_pca_params-970ea276.pth",
        "Apache-2.0",
        1,
        "970ea276",
    ),
    "resnet-152": Weights("frame features", "microsoft/resnet-152", "Apache-2.0", 241),
    "r2plus1d_18": Weights(
        "clip features",
        "https://download.pytorch.org/models/r2plus1d_18-91a641e6.pth",
        "BSD-3-Clause",
        126,
        "91a641e6",
    ),
    "clip": Weights(
        "VALOR's visual features and pseudo labels", "openai/clip-vit-large-patch14", "MIT", 1711
    ),
    "clap": Weights("VALOR's audio features and pseudo labels", "laion/clap-htsat-fused", "Apache-2.0", 614),
}


def weights_folder() -> Path:
    """Where weights are kept, in the user's cache: on Linux ``~/.cache/leap/weights``."""
    return user_cache_path("leap") / "weights"


def weights_path(name: str, folder: Path) -> Path:
    """The file or folder of a network's weights; it need not be there.

    Raises:
        LeapError: there is no network of that name.
    """
    if name not in WEIGHTS:
        raise LeapError(f"no network {name!r}; there are {', '.join(WEIGHTS)}")
    return folder / (f"{name}.safetensors" if WEIGHTS[name].sha256 else name)


def find_weights(name: str, folder: Path) -> Path:
    """The file or folder of a network's weights.

    Raises:
        LeapError: it is not there; the message says how it comes there.
    """
    path = weights_path(name, folder)
    if not path.exists():
        raise LeapError(
            f"{path}: no weights of {name} ({WEIGHTS[name].use}); "
            f"`leap weights fetch {name} --weights {folder}` gets them from {WEIGHTS[name].source}"
        )
    return path


def fetch_weights(name: str, folder: Path) -> Path:
    """Download a network's weights, unless they are there; a file is checked and rewritten as safetensors.

    Raises:
        LeapError: the download fails, is another file, or holds more than tensors.
    """
    path, weights = weights_path(name, folder), WEIGHTS[name]
    if path.exists():
        return path
    if weights.sha256:
        _fetch_file(weights, path)
    else:
        _fetch_repository(weights, path)
    table = _manifest(folder) | {file: file_sha256(folder / file) for file in _files(path, folder)}
    atomic_write(folder / MANIFEST, json.dumps(table, indent=2) + "\n")
    return path


def verify_weights(name: str, folder: Path) -> None:
    """Compare a network's files with what they were when they were fetched.

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


def _fetch_file(weights: Weights, path: Path) -> None:
    """A pickled file of tensors, of which nothing but the tensors is read."""
    fetched = path.with_suffix(".pth")
    download(weights.source, fetched)
    digest = file_sha256(fetched)
    if not digest.startswith(weights.sha256):
        fetched.unlink()
        raise LeapError(f"{weights.source}: its SHA-256 begins with {digest[:8]}, not {weights.sha256}")
    tensors = {key: value.contiguous() for key, value in read_checkpoint(fetched).items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, {"source": weights.source})
    fetched.unlink()


def _fetch_repository(weights: Weights, path: Path) -> None:
    from huggingface_hub import snapshot_download

    part = path.with_name(f".{path.name}.part")
    try:
        snapshot_download(weights.source, allow_patterns=FILES, local_dir=part)
    except Exception as error:  # of the hub and the network
        raise LeapError(
            f"{weights.source}: cannot be downloaded ({type(error).__name__}); where there is a network, "
            f"`hf download {weights.source} --local-dir {path}`"
        ) from None
    if not list(part.rglob("*.safetensors")):
        raise LeapError(f"{weights.source}: holds no weights as safetensors, and others are not read")
    part.replace(path)


def _files(path: Path, folder: Path) -> list[str]:
    """The files of a network below the folder, but for what begins with a dot."""
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
