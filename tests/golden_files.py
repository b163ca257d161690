"""Reading the golden files: outputs of the public releases on small random weights, and of the taggers.

``tests/golden/*.npz`` hold arrays only; `leap.releases.names` knows the releases' names.
"""

import json
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / "golden"


class Golden:
    """One golden file; arrays come as tensors."""

    def __init__(self, name):
        with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
            self.arrays = {key: arrays[key] for key in arrays.files}
        self.meta = json.loads(str(self.arrays["meta"]))

    def __getitem__(self, key):
        return torch.as_tensor(self.arrays[key])

    def state(self, names, kind="param"):
        """Arrays ``kind/*`` under our parameter names."""
        state = {}
        for ours, theirs in names.items():
            for key in self.arrays:
                if key.startswith(f"{kind}/{theirs}."):
                    state[ours + key.removeprefix(f"{kind}/{theirs}")] = self[key]
        return state
