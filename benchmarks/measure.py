"""Tools of all benchmarks: interleaved timing, peak memory, machine, and separate processes."""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from leap.io.atomic import atomic_write

RESULTS = Path("results/benchmarks")


def medians(tasks: Mapping[str, Callable[[], object]], repeats: int, device: str = "cpu") -> dict[str, float]:
    """Median seconds of each task over interleaved repetitions, after one warm-up repetition."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats + 1):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            if device != "cpu":
                torch.cuda.synchronize()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def peak(device: str = "cpu") -> float:
    """Peak memory so far, in MiB, of this process or on the GPU."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated() / 2**20
    own = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert own  # ru_maxrss is no substitute: it starts at the parent's value
    return int(own[1]) / 1024


def product(device: str = "cpu") -> str:
    """Name of the processor or GPU."""
    if device != "cpu":
        return torch.cuda.get_device_name()
    listed = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", listed.read_text()) if listed.exists() else None
    return found[1] if found else platform.machine()


def in_own_process(module: str, *arguments: object) -> Any:
    """Run a benchmark in a separate process and parse the JSON that it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return json.loads(subprocess.check_output(command))


def write_table(rows: Mapping[str, Mapping[str, float]], name: str, index: str, device: str = "cpu") -> None:
    """Write a table and the machine that it was measured on to ``results/benchmarks``, and print it."""
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(index)
    RESULTS.mkdir(parents=True, exist_ok=True)
    table.to_csv(RESULTS / f"{name}.csv", float_format="%.4g")
    write_machine(name, device)
    print(table.to_string())


def write_machine(name: str, device: str) -> None:
    """Add the machine that a table was measured on to ``machines.json``."""
    found = {"processor": product(device), "cores": os.cpu_count(), "torch": torch.__version__}
    path = RESULTS / "machines.json"
    machines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    atomic_write(path, json.dumps(machines | {name: found}, indent=1, sort_keys=True) + "\n")
