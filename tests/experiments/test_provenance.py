import subprocess
from dataclasses import replace
from importlib.metadata import version

import pytest
import torch

import leap
from leap.experiments import provenance


def test_code_names_version_and_state():
    code = provenance.code()
    assert code["version"] == leap.__version__
    assert code["dirty"] in (True, False, None)
    if code["commit"] is None:
        assert code["dirty"] is None
    else:
        assert len(code["commit"]) == 40
        assert int(code["commit"], 16) > 0


def test_changes_make_the_tree_dirty(monkeypatch):
    answers = {"rev-parse": "a" * 40, "status": ""}
    monkeypatch.setattr(provenance, "_git", lambda command, *_: answers[command])
    assert provenance.code()["dirty"] is False
    answers["status"] = " M leap/training/trainer.py"
    assert provenance.code()["dirty"] is True


def test_outside_a_checkout_commit_is_unknown(monkeypatch):
    def no_git(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_git)
    assert provenance.code() == {"version": leap.__version__, "commit": None, "dirty": None}


def test_libraries_and_device():
    libraries = provenance.libraries()
    assert libraries["torch"] == version("torch")
    assert {"numpy", "h5py", "safetensors"} < libraries.keys()
    assert provenance.device()["threads"] == torch.get_num_threads()


LIBRARIES, DEVICE = {"torch": "2.13.0", "numpy": "2.4.6"}, {"type": "cpu", "threads": 1}


@pytest.mark.parametrize(
    ("libraries", "devices", "flag"),
    [
        ([{}, {}], [{}, {}], ""),
        ([{"torch": "2.6.0"}] * 2, [{}, {}], "torch 2.6.0 (here 2.13.0)"),
        ([{}, {"torch": "2.6.0"}], [{}, {}], "torch 2.13.0 and 2.6.0 (here 2.13.0)"),
        (
            [{"torch": "2.6.0"}, {"torch": "2.7.1", "numpy": "1.26.4"}],
            [{}, {"threads": 2}],
            "torch 2.6.0 and 2.7.1 (here 2.13.0), numpy 1.26.4 and 2.4.6 (here 2.4.6), "
            "threads 1 and 2 (here 1)",
        ),
        ([{}, {}], [{"type": "cuda", "gpu": "one"}] * 2, "type cuda (here cpu), gpu one (here none)"),
    ],
)
def test_a_caption_flags_what_records_were_made_with(libraries, devices, flag, tiny_records, monkeypatch):
    monkeypatch.setattr(provenance, "libraries", lambda: LIBRARIES)
    monkeypatch.setattr(provenance, "device", lambda: DEVICE)
    records = [
        replace(tiny_records[0], libraries=LIBRARIES | versions, device=DEVICE | device)
        for versions, device in zip(libraries, devices, strict=True)
    ]
    caption = provenance.with_environment("A table.", records)
    note = f" Made with {flag}; others round differently."
    assert caption == "A table." + note * bool(flag)


def test_a_gpu_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", {"cuda": "a GPU"}.get)
    found = provenance.device("cuda")
    assert (found["type"], found["gpu"]) == ("cuda", "a GPU")
    assert provenance.device().items() - found.items() == {("type", "cpu")}
