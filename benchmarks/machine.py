"""Write down what the benchmarks run on: ``python -m benchmarks.machine``."""

import json
import os

import torch

from benchmarks.measure import RESULTS, product
from leap.files import atomic_write


def write_machine(name: str, device: str = "cpu") -> None:
    """Write ``results/benchmarks/<name>.json``: processor or GPU, cores of the processor, and PyTorch."""
    found = {"processor": product(device), "cores": os.cpu_count(), "torch": torch.__version__}
    RESULTS.mkdir(parents=True, exist_ok=True)
    atomic_write(RESULTS / f"{name}.json", json.dumps(found) + "\n")
    print(found)


if __name__ == "__main__":
    write_machine("machine")
