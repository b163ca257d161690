import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from leap.config import AvssConfig, CmpaeLossConfig, LossConfig, Protocol, TrainConfig, to_dict
from leap.errors import LeapError
from leap.experiments.grid import system_config
from leap.metrics import parsing_scores
from leap.training import distributed, trainer
from leap.training.criterion import Criterion
from leap.training.distributed import check_device, joined, rank_slice, shard

LAUNCH = {1: [], 2: ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]}


@pytest.fixture
def of_two(monkeypatch):
    """Be one of two processes."""

    def be(rank):
        monkeypatch.setattr(distributed, "rank", lambda: rank)
        monkeypatch.setattr(distributed, "world_size", lambda: 2)

    return be


def trained(world_size, settings, tmp_path):
    """The weights and the history that processes of one training leave."""
    out = tmp_path / str(world_size)
    (tmp_path / "config.json").write_text(json.dumps(to_dict(settings)))
    train = ["-m", "leap", "train", str(tmp_path / "config.json"), "--out", str(out)]
    command = [sys.executable, *LAUNCH[world_size], *train]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("best epoch") == 1
    history = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return load_file(out / "model.safetensors"), history


def test_two_processes_train_what_one_does(tmp_path):
    """49 videos in batches of 16: the last batch has one video, so that one process has none."""
    settings = system_config("LEAP", "smoke", "av-digits")
    settings = replace(
        settings,
        model=replace(settings.model, dropout=0.0),
        train=replace(settings.train, videos=49, batch=16, epochs=2),
    )
    (one, history), (two, again) = (trained(n, settings, tmp_path) for n in (1, 2))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-4, rtol=1e-4)
    for epoch, other in zip(history, again, strict=True):
        assert other == pytest.approx(epoch, rel=1e-4)


def test_shards_make_up_the_batch_and_weights_the_mean(of_two):
    batch, parts, weights = torch.tensor([5, 3, 8]), [], []
    for rank in (0, 1):
        of_two(rank)
        part, weight = shard(batch)
        parts += part.tolist()
        weights.append(weight)
        assert torch.equal(batch[rank_slice()], part)
    assert sorted(parts) == [3, 5, 8]
    assert weights == pytest.approx([4 / 3, 2 / 3])


def test_a_process_without_a_video_takes_part_without_weight(of_two):
    of_two(1)
    part, weight = shard(torch.tensor([7]))
    assert (part.tolist(), weight) == ([7], 0.0)


@pytest.mark.parametrize(
    ("loss", "videos", "message"),
    [
        (LossConfig(avss=AvssConfig(variant="confident")), 4, "whole batch"),
        (LossConfig(basic=CmpaeLossConfig()), 4, "whole batch"),
        (LossConfig(), 1, "2 processes have only 1 val videos"),
    ],
)
def test_what_does_not_divide_is_refused(loss, videos, message, monkeypatch, tmp_path, make_videos):
    monkeypatch.setattr(trainer, "world_size", lambda: 2)
    model, criterion, videos = torch.nn.Linear(1, 1), Criterion(loss), make_videos(videos, t=4, c=3)
    with pytest.raises(LeapError, match=message):
        trainer.fit(model, criterion, videos, videos, TrainConfig(), Protocol(), 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_not_there_is_refused():
    assert check_device("cpu") == "cpu"
    for name in ("cuda:77", "abacus", "meta"):
        with pytest.raises(LeapError, match=f"device '{name}' cannot be used"):
            check_device(name)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (RuntimeError(), "RuntimeError"),
        (RuntimeError("No such device. Please visit a page."), "No such device"),
        (RuntimeError("CUDA error: out of memory"), "not enough memory"),
    ],
)
def test_of_a_devices_error_the_first_sentence_is_shown(error, shown, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(torch, "zeros", fail)
    with pytest.raises(LeapError, match=rf"^device 'cuda' cannot be used \({shown}\); take cpu,"):
        check_device("cuda")


@pytest.mark.parametrize(("device", "own"), [("cuda", "cuda:1"), ("cuda:3", "cuda:3"), ("cpu", "cpu")])
def test_a_rank_allocates_on_its_own_device_only(device, own, monkeypatch):
    touched = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(distributed, "check_device", lambda name: touched.append(name) or name)
    monkeypatch.setattr(torch.cuda, "set_device", touched.append)
    monkeypatch.setattr(distributed.dist, "init_process_group", lambda backend: None)
    monkeypatch.setattr(distributed.dist, "destroy_process_group", lambda: None)
    with joined(device) as place:
        assert place == own
    assert set(touched) == {own}


def test_scores_of_several_processes_are_those_of_all_videos(of_two, monkeypatch):
    cubes = (torch.rand(4, 7, 5, 3, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    sums = []
    monkeypatch.setattr(distributed, "all_sum", lambda value: sums.append(value) or sum(sums))
    for rank in (0, 1):
        of_two(rank)
        found = distributed.all_scores(*cubes[:, rank_slice()])
    assert found == pytest.approx(parsing_scores(*cubes))
