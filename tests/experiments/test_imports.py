"""A run starts fast: what it does not need is not imported."""

import subprocess
import sys

import pytest

HEAVY = ("IPython", "matplotlib", "pandas", "scipy", "seaborn", "sklearn", "torchmetrics")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("leap.experiments.batch", HEAVY),
        ("leap.experiments.workflow", ("IPython", "matplotlib", "seaborn", "sklearn", "torchmetrics")),
        ("leap.cli", ("torch", "numpy", *HEAVY)),
    ],
)
def test_heavy_libraries_are_imported_where_they_are_used(module, heavy):
    command = f"import sys, {module}; print(sorted(set({heavy!r}) & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
