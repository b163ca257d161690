import sys

import torch

from leap.doctor import core
from leap.doctor.core import core_findings, device_findings
from leap.doctor.finding import Finding

SECTION = "Core and device"


def test_a_core_that_works():
    assert list(core_findings()) == [Finding(SECTION, "core", "works")]


def test_the_first_module_that_cannot_be_imported_is_named(tmp_path, monkeypatch):
    (tmp_path / "damaged_module.py").write_text("raise OSError('libx.so: wrong ELF class')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(core, "IMPORTED", ("numpy", "damaged_module", "nosuch"))
    (finding,) = core_findings()
    assert finding.state == "cannot be imported (OSError: libx.so: wrong ELF class)"
    assert finding.remedy == "pip install --force-reinstall --no-deps damaged_module"
    assert finding.stops_core
    assert "damaged_module" not in sys.modules


def test_a_driver_that_pytorch_does_not_use_is_reported(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(core.shutil, "which", lambda name: None)
    assert list(device_findings())[1] == Finding(SECTION, "GPU", "none")
    monkeypatch.setattr(core.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert list(device_findings())[1].remedy == "pip install --force-reinstall torch"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    assert list(device_findings())[1] == Finding(SECTION, "GPU", "GPU 0, GPU 1")
