import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import leap.training.trainer as trainer
from leap.cli.outputs import is_ours
from leap.config import to_dict
from leap.experiments.records import read_record
from leap.experiments.runs import run_folder


def write_config(path, config, **leaf):
    path.write_text(json.dumps(to_dict(config) | leaf))
    return path


@pytest.fixture
def config_path(tiny_config, tmp_path):
    return write_config(tmp_path / "run.json", tiny_config)


@pytest.fixture
def model(tiny_records, tiny_config, tiny_store, tiny_results):
    return run_folder(tiny_config, tiny_store, tiny_results)


def test_run_makes_the_record_once(leap, config_path, tiny_path, tiny_records, tmp_path):
    command = ("run", config_path, "--data", tiny_path, "--results", tmp_path)
    status, out, err = leap(*command)
    record = Path(out.strip())
    assert (status, err) == (0, "")
    assert read_record(record).metrics == tiny_records[0].metrics
    written = record.stat().st_mtime_ns
    assert leap(*command) == (0, out, "")
    assert record.stat().st_mtime_ns == written


def test_evaluate_repeats_the_records_scores(leap, model, tiny_path, tiny_records):
    status, out, err = leap("evaluate", "--model", model, "--data", tiny_path)
    assert (status, err) == (0, "")
    assert json.loads(out) == tiny_records[0].metrics
    _, val, _ = leap("evaluate", "--model", model, "--data", tiny_path, "--split", "val")
    assert json.loads(val)["seg_type"] == tiny_records[0].selection["score"]


def test_evaluate_under_the_protocol_of_a_release(leap, refused, model, tiny_path):
    command = ("evaluate", "--model", model, "--data", tiny_path, "--protocol")
    scores = {name: json.loads(leap(*command, name)[1]) for name in ("leap", "jomold", "cmpae", "nrep")}
    assert scores["leap"] == json.loads(leap(*command[:-1])[1])  # the parser's own
    assert scores["cmpae"]["seg_a"] == scores["nrep"]["seg_a"]  # they differ in visual thresholds alone
    assert len({score["seg_type"] for score in scores.values()}) > 1
    assert "unknown protocol 'mine'" in refused(*command, "mine")


def test_train_goes_on_after_an_interruption(leap, config_path, tiny_path, model, tmp_path, monkeypatch):
    command = ("train", config_path, "--data", tiny_path, "--out", tmp_path / "out")
    validate, calls = trainer.validate, []

    def failing(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return validate(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "validate", failing)
        assert leap(*command)[0] != 0
    assert not (tmp_path / "out/model.safetensors").exists()
    status, out, err = leap(*command)
    assert (status, err) == (0, "")
    assert out.startswith(str(tmp_path / "out/model.safetensors"))
    trained, whole = ((folder / "model.safetensors").read_bytes() for folder in (tmp_path / "out", model))
    assert trained == whole
    assert all(is_ours(path) for path in (tmp_path / "out").iterdir())
    assert leap(*command)[0] == 0


def test_parse_draws_the_video(leap, model, tiny_path, tmp_path):
    status, out, err = leap("parse", tiny_path, "--model", model, "--out", tmp_path, "--video", "clip-2-4")
    assert (status, out, err) == (0, f"{tmp_path / 'clip-2-4.png'}\n", "")
    assert (tmp_path / "clip-2-4.png").read_bytes().startswith(b"\x89PNG")
    assert is_ours(tmp_path / "clip-2-4.png")


def test_missing_store(tmp_path):
    """As a process, where nothing but the line may come out."""
    command = [sys.executable, "-m", "leap", "evaluate", "--model", tmp_path, "--data", tmp_path / "no.h5"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"leap: {tmp_path / 'no.h5'}: no such file, and no data set of that name")
    assert result.stderr.count("\n") == 1


def test_other_class_names(refused, model, make_tiny_store, tmp_path):
    other = make_tiny_store(tmp_path / "other.h5", classes=("cat", "dog", "cow"))
    assert "which the data set lacks; use the data set of its training" in refused(
        "evaluate", "--model", model, "--data", other
    )
    parse = ("parse", other, "--model", model, "--out", tmp_path / "figures")
    assert "which the data set lacks" in refused(*parse)
    assert not (tmp_path / "figures").exists()


def test_bad_configs(refused, tiny_config, tiny_path, tmp_path):
    path, out = tmp_path / "run.json", tmp_path / "out"
    command = ("train", path, "--data", tiny_path, "--out", out)
    assert f"{path}: cannot be read" in refused(*command)
    write_config(path, tiny_config, sead=1)
    assert f"{path}: sead: " in refused(*command)
    write_config(path, tiny_config, dataset="llp")
    assert "'llp', but the store is 'tiny'" in refused(*command)
    decoder = replace(tiny_config.model.decoder, heads=3)
    write_config(path, replace(tiny_config, model=replace(tiny_config.model, decoder=decoder)))
    assert "3 heads" in refused(*command)
    assert not out.exists()


def test_label_file_of_another_length(refused, tiny_config, tiny_path, tmp_path):
    np.save(tmp_path / "labels.npy", np.ones((4, 5)))
    labels = replace(tiny_config.model, labels=str(tmp_path / "labels.npy"))
    path = write_config(tmp_path / "run.json", replace(tiny_config, model=labels))
    for command in (("run", path, "--results"), ("train", path, "--out")):
        err = refused(*command, tmp_path / "out", "--data", tiny_path)
        assert "labels.npy: label embeddings of shape (4, 5), but there are 3 classes" in err
    assert not (tmp_path / "out").exists()


def test_another_config_does_not_go_on_from_a_folders_checkpoint(
    leap, refused, config_path, tiny_config, tiny_path, tmp_path
):
    command = ("train", config_path, "--data", tiny_path, "--out", tmp_path / "out")
    assert leap(*command)[0] == 0
    before = (tmp_path / "out/model.safetensors").read_bytes()
    write_config(config_path, replace(tiny_config, seed=5))
    assert str(tmp_path / "out") in refused(*command)
    assert (tmp_path / "out/model.safetensors").read_bytes() == before


def test_unknown_requests(refused, model, tiny_path, tmp_path):
    parse = ("parse", tiny_path, "--model", model, "--out", tmp_path)
    assert "no video 'clip-9' in test" in refused(*parse, "--video", "clip-9")
    assert "leap train" in refused("evaluate", "--model", tmp_path, "--data", tiny_path)
    assert "this command supports av-digits, av-everyday and llp" in refused(
        "data", "fetch", "ave", "--out", tmp_path
    )
    assert "--valor is for llp" in refused("data", "fetch", "av-digits", "--valor", "--out", tmp_path)
    notebook = ("study", "notebook", tmp_path / "no.ipynb", "--out", tmp_path / "out.ipynb")
    assert "no such notebook" in refused(*notebook)
    assert "write NAME=VALUE" in refused(*notebook, "-p", "profile")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["evaluate", "parse", "score"])
def test_an_unknown_split_is_a_usage_error(command, leap, model, tiny_path, tmp_path):
    options = {
        "evaluate": ("--model", model, "--data", tiny_path),
        "parse": (tiny_path, "--model", model, "--out", tmp_path),
        "score": ("--annotations", tmp_path, "--audio", tmp_path, "--visual", tmp_path),
    }
    status, out, err = leap(command, *options[command], "--split", "train2")
    assert (status, out) == (2, "")
    assert re.search(r"'train2' is not one of ('train', )?'val', 'test'", re.sub(r"[\s│]+", " ", err))


def test_videos_without_dense_labels_are_drawn_without_truth(leap, model, weak_path, tmp_path):
    command = ("parse", weak_path, "--model", model, "--out", tmp_path, "--split", "train")
    assert leap(*command) == (0, f"{tmp_path / 'clip-0-0.png'}\n", "")
    assert (tmp_path / "clip-0-0.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("command", ["train", "parse", "features", "import-release"])
def test_an_output_folder_that_is_a_file_is_refused_at_once(command, refused, tmp_path):
    """Before anything else, which is missing here, is looked at."""
    file, missing = tmp_path / "file", tmp_path / "missing"
    file.write_text("")
    arguments = {
        "train": ("train", missing),
        "parse": ("parse", missing, "--model", missing),
        "features": ("features", "extract", missing),
        "import-release": ("import-release", "han", missing),
    }
    for out in (file, file / "below"):
        err = refused(*arguments[command], "--out", out)
        assert err == f"leap: {file}: is a file; --out must be a folder\n"


def test_training_into_a_file_is_refused_at_once(refused, tmp_path):
    err = refused("train", tmp_path / "missing", "--out", tmp_path / "model.safetensors")
    assert "model.safetensors: --out must be a folder" in err
    assert not list(tmp_path.iterdir())


def test_unknown_option_is_a_usage_error(leap):
    status, _, err = leap("evaluate", "--modle", "x")
    assert status == 2
    assert "--modle" in err
