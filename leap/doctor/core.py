"""Whether the core can be imported, and where it computes."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator

from leap.doctor.finding import Finding, failure
from leap.doctor.packages import NAME

SECTION = "Core and device"
IMPORTED = ("numpy", "h5py", "pydantic", "safetensors", "torch", "leap.data.registry")
"""What a damaged installation fails to import although its metadata are there."""

REINSTALL = "pip install --force-reinstall --no-deps {name}"
"""Command that repairs a distribution."""


def core_findings() -> Iterator[Finding]:
    """Whether the modules of the core can be imported, up to the first that cannot."""
    for module in IMPORTED:
        if problem := _problem(module):
            package = module.partition(".")[0]
            command = REINSTALL.format(name=NAME if package == "leap" else package)
            yield Finding(SECTION, module, f"cannot be imported ({problem})", command, True)
            return
    yield Finding(SECTION, "core", "works")


def _problem(module: str) -> str:
    """Why a module cannot be imported; empty if it can."""
    try:
        importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a damaged package may raise anything
        return failure(error)
    return ""


def device_findings() -> Iterator[Finding]:
    """PyTorch's build and number of threads, and the GPUs that it can use."""
    import torch

    build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    yield Finding(SECTION, "PyTorch", f"{torch.__version__}, {build}; threads: {torch.get_num_threads()}")
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    if names or not shutil.which("nvidia-smi"):
        yield Finding(SECTION, "GPU", ", ".join(names) or "none")
    else:
        state = "none that PyTorch can use, although an NVIDIA driver is installed"
        yield Finding(SECTION, "GPU", state, "pip install --force-reinstall torch")
