from dataclasses import replace

import torch

from leap.config import LossConfig
from leap.training import run
from leap.training.run import initial_parser, run_key, train


def test_initial_values_depend_on_the_seed_alone(tiny_store, tiny_config):
    def first_weight(seed):
        return next(initial_parser(replace(tiny_config, seed=seed), tiny_store).encoder.parameters())

    before = torch.random.get_rng_state()
    weight = first_weight(3)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.randn(5)
    assert torch.equal(weight, first_weight(3))
    assert not torch.equal(weight, first_weight(4))


def test_training_on_the_first_videos_only(tiny_store, tiny_config, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(run, "fit", lambda parser, criterion, videos, *_: seen.append(videos))
    few = replace(tiny_config, train=replace(tiny_config.train, videos=5))
    for config in (tiny_config, few):
        train(config, tiny_store, tmp_path / run_key(config, ""))
    assert [len(videos) for videos in seen] == [24, 5]
    assert torch.equal(seen[1].audio, seen[0].audio[:5])


def test_label_noise_is_estimated_by_a_parser_of_the_same_seed(cmpae_config, tiny_store, tmp_path):
    videos = tiny_store.videos("train")
    folders = [tmp_path / name for name in "ab"]
    first, again = (run._noise_ratios(cmpae_config, tiny_store, videos, f, "cpu") for f in folders)
    assert torch.equal(first.audio, again.audio)
    assert torch.equal(first.visual, again.visual)
    assert first.visual.shape == (3,)
    assert 0 < first.visual.max() <= 1
    plain = replace(cmpae_config, loss=LossConfig())
    assert run._noise_ratios(plain, tiny_store, videos, tmp_path / "c", "cpu") is None
