"""Taggers without training, which recognize tones and colours, and weights that stand for YAMNet's."""

import csv
import json

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from leap.features import extractors as extractors_module
from leap.features.taggers import classes as classes_module
from leap.features.taggers import tagger as tagger_module
from tests.tree import ROOT

TABLE = ROOT / "leap" / "features" / "taggers" / "classes.tsv"
TONES = {"Dog": 440.0, "Speech": 2000.0}
"""Class of AudioSet → frequency that the stub hears as it."""

COLOURS = {"schipperke": (250, 0, 0), "violin": (0, 0, 250)}
"""Class of ImageNet → colour that the stub sees as it."""


def audioset_names():
    """Names of the table, and others up to YAMNet's 521."""
    with TABLE.open(newline="") as file:
        names = [name for row in csv.DictReader(file, delimiter="\t") for name in row["heard"].split("; ")]
    return [*names, *(f"Sound {number}" for number in range(521 - len(names)))]


def write_stub_weights(folder):
    """Files by which the weights of the taggers are found, with the names of YAMNet's classes."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"classes": json.dumps(audioset_names())}
    save_file({"a": torch.zeros(1)}, folder / "yamnet.safetensors", metadata)
    save_file({"a": torch.zeros(1)}, folder / "efficientnet-lite0.safetensors")
    return folder


class ToneHearer(nn.Module):
    """Hears a tone if its band is the loudest of a patch that is not silent, in more than half of it."""

    def forward(self, patches):
        """Fraction of a patch in which each band is the loudest, (n, 96, 64) → (n, 1024)."""
        loud = patches.amax(dim=2, keepdim=True)
        loudest = ((patches == loud) & (loud > 0)).float().mean(dim=1)  # (n, 64)
        return torch.nn.functional.pad(loudest, (0, 960))

    def scores(self, embeddings):
        found = torch.zeros(len(embeddings), 521)
        edges = 1127 * np.log(1 + np.array([125.0, 7500.0]) / 700)
        for name, hertz in TONES.items():
            position = (1127 * np.log(1 + hertz / 700) - edges[0]) / (edges[1] - edges[0]) * 65 - 1
            bands = [int(position), int(position) + 1]
            found[:, audioset_names().index(name)] = embeddings[:, bands].sum(dim=1)
        return found


class ColourSeer(nn.Module):
    """Sees a class if its colour fills the frame."""

    side = 8

    def forward(self, pictures):
        """Mean colour, (n, 3, 8, 8) → (n, 1280)."""
        return torch.nn.functional.pad(pictures.mean(dim=(2, 3)), (0, 1277))

    def scores(self, embeddings):
        found = torch.zeros(len(embeddings), 1000)
        for name, colour in COLOURS.items():
            distance = (embeddings[:, :3] * 128 + 127 - torch.tensor(colour)).abs().amax(dim=1)
            found[:, classes_module.imagenet_classes().index(name)] = (distance < 60).float()
        return found


def use_stubs(monkeypatch):
    """Replace the networks of the taggers by the stubs."""
    stubs = {"yamnet": ToneHearer(), "efficientnet-lite0": ColourSeer()}
    for module in (extractors_module, tagger_module):
        monkeypatch.setattr(module, "load_network_once", lambda name, folder: stubs[name])
