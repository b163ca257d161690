import hashlib
import os
import shutil

import numpy as np
import pytest
import torch

from leap.config import LeapConfig, ModelConfig, Protocol
from leap.features.weights import WEIGHTS, PublicWeights, fetch_weights
from leap.io import download
from leap.io.atomic import atomic_write
from leap.io.npy import write_npy
from leap.label_embeddings import random_orthogonal
from leap.models.checkpoint import Description, save_parser
from leap.models.parser import build_parser

WIDTHS = {"audio": 4, "visual_2d": 5}


@pytest.fixture(params=[0o022, 0o027], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_every_file_has_the_permissions_of_the_users_umask(umask, tmp_path, make_tiny_store, monkeypatch):
    """Some writers give a file to its owner alone, which a colleague then cannot read."""
    config = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
    parser = build_parser(config, WIDTHS, random_orthogonal(3, 9))
    save_parser(parser, Description(config, Protocol(gate=None), ("a", "b", "c"), WIDTHS), tmp_path / "model")
    make_tiny_store(tmp_path / "tiny.h5")
    write_npy(tmp_path / "a.npy", np.zeros(3))
    atomic_write(tmp_path / "a.json", "{}")
    torch.save({"a": torch.zeros(3)}, tmp_path / "published.pth")
    digest = hashlib.sha256((tmp_path / "published.pth").read_bytes()).hexdigest()
    monkeypatch.setattr(download, "_receive", lambda url, part: shutil.copy(tmp_path / "published.pth", part))
    monkeypatch.setitem(WEIGHTS, "vggish", PublicWeights("", "https://example.org/x", "MIT", 1, digest[:8]))
    fetch_weights("vggish", tmp_path / "weights")
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.suffix for path in files} >= {".safetensors", ".h5", ".npy", ".json"}
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files} == {
        path.name: oct(0o666 & ~umask) for path in files
    }
