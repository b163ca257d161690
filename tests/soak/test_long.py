"""Ten thousand training steps and a hundred runs leave memory, files and processes as they were."""

import os
from dataclasses import replace

import pytest

import leap.training.trainer as trainer
from leap.config import AvssConfig, LeapConfig, LossConfig, ModelConfig, Protocol, TrainConfig
from leap.experiments.runs import make_run
from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser
from leap.training.criterion import Criterion
from leap.training.trainer import fit, validate
from tests.soak.campaign import cases, publish
from tests.soak.usage import SELF, growth, usage

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not SELF.is_dir(), reason="no /proc")]

MEGABYTES = 10
"""Largest growth of memory from the warm-up to the end."""

STEPS = 100
"""Of an epoch; what the process holds is sampled once in each."""


@pytest.fixture(scope="module")
def rows():
    """What was measured, a row each."""
    found = []
    yield found
    publish("long_runs", found)


def assert_flat(name, count, samples, rows):
    """After the first sixth nothing grows but memory, and that by few megabytes."""
    grown = growth(samples[len(samples) // 6 :])
    rows.append({"what": name, "number": count} | {f"more {what}": more for what, more in grown.items()})
    assert grown.pop("megabytes") < MEGABYTES
    assert max(grown.values()) <= 0  # what earlier tests left may go


def test_many_steps(make_videos, rows, tmp_path, monkeypatch):
    samples = []

    def sampled(*arguments):
        samples.append(usage())
        return validate(*arguments)

    monkeypatch.setattr(trainer, "validate", sampled)
    epochs = cases(3, 100)
    model = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
    parser = build_parser(model, {"audio": 6, "visual_2d": 7}, random_orthogonal(3, 9))
    config = TrainConfig(epochs=epochs, batch=2)
    videos = make_videos(STEPS * config.batch, t=4, c=3), make_videos(6, t=4, c=3, seed=1)
    fit(parser, Criterion(LossConfig(avss=AvssConfig())), *videos, config, Protocol(), 0, tmp_path)
    assert len(samples) == epochs
    assert_flat("training steps", epochs * STEPS, samples, rows)


def test_many_runs(tiny_config, tiny_store, rows, tmp_path):
    samples = []
    for seed in range(cases(4, 100)):
        make_run(replace(tiny_config, seed=seed), tiny_store, tmp_path)
        samples.append(usage())
    assert len(os.listdir(tmp_path / "runs")) == len(samples)
    assert_flat("runs of a study", len(samples), samples, rows)
