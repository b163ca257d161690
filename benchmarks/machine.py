"""Write down what the benchmarks run on: ``python -m benchmarks.machine``."""

import json
import os

import torch

from benchmarks.measure import RESULTS, product
from leap.files import atomic_write

if __name__ == "__main__":
    found = {"processor": product(), "cores": os.cpu_count(), "torch": torch.__version__}
    RESULTS.mkdir(parents=True, exist_ok=True)
    atomic_write(RESULTS / "machine.json", json.dumps(found) + "\n")
    print(found)
