"""Event files as TensorBoard itself reads them."""

import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from matplotlib.figure import Figure
from PIL import Image
from safetensors import safe_open
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from leap.config import to_dict
from leap.metrics import SCORES
from leap.training.run import train
from leap.training.trainer import TrainingState
from leap.visualization import watched_video
from leap.visualization.tensorboard import TensorBoard


@pytest.fixture
def config(tiny_config):
    """Three epochs."""
    return replace(tiny_config, train=replace(tiny_config.train, epochs=3))


@pytest.fixture
def quick(monkeypatch):
    """Draw a line whose height depends on the parser, for timelines take a second each."""

    def draw(video):
        figure = Figure(figsize=(1, 1))
        figure.subplots().axhline(float(video.probabilities["audio"].mean()))
        return figure

    monkeypatch.setattr(watched_video, "timeline_figure", draw)


def read(folder):
    """The event files of a training: its scalars as lists of (step, value), by tag, and its images."""
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0}).Reload()
    scalars = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    return scalars, {tag: events.Images(tag) for tag in events.Tags()["images"]}


def watched(config, store, folder):
    with TensorBoard(config, store, folder) as board:
        return train(config, store, folder, observer=board)


def test_curves_are_those_of_the_log(config, tiny_store, tmp_path):
    _, progress = watched(config, tiny_store, tmp_path)
    scalars, images = read(tmp_path)
    optimizer = {"optimizer/learning_rate", "optimizer/gradient_norm"}
    losses = {tag for tag in scalars if tag.startswith("loss/")}
    assert scalars.keys() == {f"validation/{score}" for score in SCORES} | losses | optimizer
    assert {"loss/total", "loss/segment_audio"} <= losses
    for tag, points in scalars.items():
        assert [step for step, _ in points] == [1, 2, 3], tag
        if tag not in optimizer:
            name = tag.replace("loss/", "loss_").removeprefix("validation/")
            assert [value for _, value in points] == pytest.approx([e[name] for e in progress.history])
    ((tag, shown),) = images.items()
    assert tag.startswith("validation video/clip-1-")
    assert [event.step for event in shown] == [1, 2, 3]
    assert Image.open(io.BytesIO(shown[0].encoded_image_string)).width == 640


def test_the_results_are_the_same_with_and_without(leap, tiny_path, config, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(to_dict(config)))
    for name in ("jsonl", "tensorboard"):
        command = ("train", tmp_path / "run.json", "--data", tiny_path, "--out", tmp_path / name)
        status, _, err = leap(*command, "--logger", name)
        assert (status, err) == (0, "")
    files = {path.name for path in (tmp_path / "jsonl").iterdir()}
    assert {path.name for path in (tmp_path / "tensorboard").iterdir()} == files | {"tensorboard"}
    for name in files:
        assert content(tmp_path / "jsonl" / name) == content(tmp_path / "tensorboard" / name)


def content(path):
    """The bytes of a file, of one of tensors by name: the order of its metadata is random."""
    if path.suffix != ".safetensors":
        return path.read_bytes()
    with safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name).tobytes() for name in file.keys()} | file.metadata()  # noqa: SIM118


def test_a_resumed_training_has_every_step_once(config, tiny_store, tmp_path, monkeypatch, quick):
    """The training is ahead of its checkpoint when it is interrupted, as on a GPU."""
    watched(config, tiny_store, tmp_path / "whole")

    def only_the_first(self, progress, last):
        if len(progress.history) == 3:
            raise KeyboardInterrupt
        if len(progress.history) == 1:
            save(self, progress, last)

    save = TrainingState.save
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(TrainingState, "save", only_the_first)
        watched(config, tiny_store, tmp_path / "parts")
    assert [step for step, _ in read(tmp_path / "parts")[0]["loss/total"]] == [1, 2, 3]
    time.sleep(1)  # the names of event files, in whose order they are read, begin with the second
    watched(config, tiny_store, tmp_path / "parts")
    (scalars, images), (expected, shown) = read(tmp_path / "parts"), read(tmp_path / "whole")
    assert scalars == expected
    for tag, events in images.items():
        assert [event.step for event in events] == [1, 2, 3]
        assert [e.encoded_image_string for e in events] == [e.encoded_image_string for e in shown[tag]]


def test_a_log_that_begins_late_has_the_earlier_losses_and_scores(config, tiny_store, tmp_path):
    _, progress = train(config, tiny_store, tmp_path)
    for _ in range(2):  # the second finds the event file of the first
        watched(config, tiny_store, tmp_path)
        scalars, images = read(tmp_path)
        assert [step for step, _ in scalars["loss/total"]] == [1, 2, 3]
        assert scalars["validation/seg_type"][-1][1] == pytest.approx(progress.history[-1]["seg_type"])
        assert images == {}


def test_another_training_in_the_folder_replaces_the_curves(config, tiny_store, tmp_path, quick):
    watched(config, tiny_store, tmp_path)
    (tmp_path / "checkpoint.safetensors").unlink()
    time.sleep(1)
    _, progress = watched(replace(config, seed=1), tiny_store, tmp_path)
    total = read(tmp_path)[0]["loss/total"]
    assert [step for step, _ in total] == [1, 2, 3]
    assert [value for _, value in total] == pytest.approx([e["loss_total"] for e in progress.history])


def test_a_kill_leaves_a_readable_log_that_the_next_call_continues(leap, tiny_path, config, tmp_path, quick):
    long = replace(config, train=replace(config.train, epochs=6))
    (tmp_path / "run.json").write_text(json.dumps(to_dict(long)))
    command = ["train", tmp_path / "run.json", "--data", tiny_path, "--logger", "tensorboard", "--out"]
    process = subprocess.Popen([sys.executable, "-m", "leap", *map(str, command), str(tmp_path / "out")])
    wait_for(tmp_path / "out" / "log.jsonl", lines=2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    logged = (tmp_path / "out" / "log.jsonl").read_text().count("\n")
    steps = [step for step, _ in read(tmp_path / "out")[0]["optimizer/gradient_norm"]]
    assert 2 <= logged <= len(steps) < 6
    assert steps == list(range(1, len(steps) + 1))
    assert leap(*command, tmp_path / "out")[0] == 0
    log = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    scalars, _ = read(tmp_path / "out")
    assert {tuple(step for step, _ in points) for points in scalars.values()} == {(1, 2, 3, 4, 5, 6)}
    assert [value for _, value in scalars["loss/total"]] == pytest.approx([e["loss_total"] for e in log])


def wait_for(log, lines):
    """Wait until a log has a number of lines."""
    while not (log.exists() and log.read_text().count("\n") >= lines):
        time.sleep(0.05)
