"""Every option of every command with hostile values: one line and status 2, or success; never a traceback."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
import typer

from leap.cli import app
from leap.config import TrainConfig, to_dict
from leap.experiments.runs import run_folder

NUMBERS = ["-5", "1.5", "9" * 25, "9" * 5000]
TEXTS = ["", "zz", "-x", "a,b", "../x", "{x}", "x" * 5000, "a\udcff", "a\0b"]
PATHS = [".", "folder", "garbage", "garbage/below", "empty", "nested.json", "link", os.devnull]


def commands(group, words=()):
    """Every command with its words, of a tree of commands."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.fixture(scope="module")
def valid(tiny_path, tiny_records, tiny_config, tiny_store, tiny_results, tmp_path_factory):
    """Values with which commands get as far as they can in a moment, by command and parameter."""
    folder = tmp_path_factory.mktemp("valid")
    config = replace(tiny_config, train=TrainConfig(epochs=1, batch=4, videos=4))
    (folder / "run.json").write_text(json.dumps(to_dict(config)))
    np.save(folder / "features.npy", np.random.default_rng(0).random((3, 4, 5)))
    model = run_folder(tiny_config, tiny_store, tiny_results)
    return {
        "run": {"config": folder / "run.json", "data": tiny_path},
        "sweep": {
            "config": folder / "run.json",
            "data": tiny_path,
            "out": "out",
            "settings": "model.ffn=4,8",
            "trials": 1,
        },
        "train": {"config": folder / "run.json", "data": tiny_path, "out": "out"},
        "preset": {"name": "leap"},
        "evaluate": {"model": model, "data": tiny_path},
        "diagnose": {"model": model, "data": tiny_path},
        "doctor": {},
        "parse": {"source": tiny_path, "model": model, "out": "out", "video": "missing"},
        "import-release": {"system": "han", "checkpoint": "garbage", "out": "out"},
        "score": {"annotations": "folder", "audio": "garbage", "visual": "garbage"},
        "data build": {"dataset": "av-digits", "recordings": "folder"},
        "data fetch": {"dataset": "ave"},
        "data check": {"dataset": "llp", "annotations": "folder"},
        "data pack": {"dataset": "llp", "root": "folder"},
        "data pack-custom": {"name": "kitchen", "root": "folder"},
        "data simulate": {"videos": 1, "classes": 7},
        "data measure-features": {"features": folder / "features.npy", "out": "out.json"},
        "data embed-labels": {"source": "ngrams", "out": "out.npy"},
        "data measure-layouts": {"annotations": "folder", "out": "out.json"},
        "features extract": {"folder": "folder", "out": "out", "weights": "folder"},
        "models list": {},
        "predictions sign": {"system": "x", "out": "out.json", "model": model, "data": tiny_path},
        "predictions verify": {"file": "garbage"},
        "study notebook": {"notebook": "garbage", "out": "out.ipynb"},
        "study search": {"data": "missing"},
        "study choose": {"data": "missing"},
        "study tagger": {"material": "folder", "weights": "folder"},
        "study rotations": {"stores": "missing"},
        "study readme": {"readme": "garbage"},
        "weights list": {},
        "weights fetch": {"names": "nosuch"},
        "weights verify": {"names": "nosuch"},
    }


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with what the hostile values name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "garbage").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "empty").touch()
    (tmp_path / "nested.json").write_text("[" * 10**5)
    (tmp_path / "link").symlink_to("link")


def test_every_command_has_valid_values(valid):
    assert valid.keys() == {" ".join(words) for words in COMMANDS}


def command_line(words, values):
    """The command with values of its options and arguments."""
    options, arguments = list(words), ["--"]
    for one in COMMANDS[words].params:
        if one.name in values and one.param_type_name == "argument":
            arguments.append(values[one.name])
        elif one.name in values:
            options += [one.opts[0], values[one.name]]
    return options + arguments


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_hostile_values_are_one_line(words, valid, here, leap):
    for one in COMMANDS[words].params:
        for value in [] if getattr(one, "is_flag", False) else NUMBERS + TEXTS + PATHS:
            status, _, err = leap(*command_line(words, valid[" ".join(words)] | {one.name: value}))
            assert (status, err) == (0, "") or (status, err.count("\n")) == (2, 1), (one.name, value, err)
            assert err == "" or err.startswith("leap: "), (one.name, value)
