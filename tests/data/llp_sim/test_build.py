import time

import numpy as np
import pytest
import torch

from leap.data.classes import LLP
from leap.data.layouts import load_statistics, summarise
from leap.data.llp_sim import background, features, simulate_llp
from leap.data.llp_sim.build import SIZES, class_weights, simulate_split
from leap.data.llp_sim.feature_statistics import feature_statistics, vggish_statistics
from leap.data.store import FeatureStore
from leap.errors import LeapError


@pytest.fixture(scope="module")
def train():
    return simulate_split("train", 1500, 0, 25)


def test_store(tmp_path, leap, monkeypatch):
    monkeypatch.setattr("leap.data.llp_sim.build.SIZES", {"val": 3, "test": 5})
    out = tmp_path / "llp_sim.h5"
    status, printed, _ = leap("data", "simulate", "--videos", 70, "--out", out, "--seed", 3)
    assert (status, printed.strip()) == (0, str(out))
    with FeatureStore(out) as store:
        assert (store.dataset, store.classes) == ("llp-sim", LLP)
        assert store.splits == {"train": 70, "val": 3, "test": 5}
        assert store.widths == {"audio": 128, "visual_2d": 2048, "visual_3d": 512}
        assert "simulation" in store.provenance["source"]
        videos = store.videos("train")
    assert videos.audio.min() == 0
    assert torch.equal(videos.weak, torch.maximum(*videos.truth()).amax(1))
    for pseudo in (videos.pseudo_audio, videos.pseudo_visual):
        assert (pseudo <= videos.weak[:, None]).all()
        assert not torch.equal(pseudo, videos.truth()[0])


def test_sizes_are_those_of_llp():
    assert SIZES == {"val": 649, "test": 1200}


def test_fewer_videos_are_the_first_of_more():
    few, more = (simulate_split("train", n, 5, 10) for n in (67, 130))
    for name, array in few.items():
        assert np.array_equal(array, more[name][:67]), name
    other = simulate_split("train", 67, 6, 10)
    assert not np.array_equal(other["audio"], few["audio"])
    assert not np.array_equal(simulate_split("val", 67, 5, 10)["audio"], few["audio"])


@pytest.mark.parametrize("classes", [5, 200])
def test_other_numbers_of_classes(classes):
    arrays = simulate_split("train", 64, 0, classes)
    assert arrays["true_audio"].shape == (64, 10, classes)
    assert arrays["audio"].shape == (64, 10, 128)
    assert arrays["weak"].any(1).all()


def test_bad_requests(refused, tmp_path):
    command = ("data", "simulate", "--out", tmp_path / "s.h5", "--videos")
    assert "use a multiple of 5" in refused(*command, 10, "--classes", 24)
    assert "'--videos': Input should be greater than or equal to 1" in refused(*command, 0)
    assert "'--seed': Input should be greater than or equal to 0" in refused(*command, 10, "--seed", -1)
    for videos, seed in ((0, 0), (1, -1)):
        with pytest.raises(LeapError, match="at least one video and a seed that is not negative"):
            simulate_llp(tmp_path / "s.h5", videos, seed)
    assert list(tmp_path.iterdir()) == []


def test_layouts_follow_llp(train):
    ours = summarise(train["true_audio"], train["true_visual"])
    real = load_statistics().summary
    for name in ("classes_per_video", "pairs_in_both", "pairs_audio_only", "audio_overlapping_segments"):
        assert ours[name] == pytest.approx(real[name], abs=0.06), name
    share = train["weak"].mean(0) / train["weak"].mean(0).sum()
    assert np.abs(share - class_weights(25)).max() < 0.06
    assert share.argmax() == LLP.index("Speech")


def test_class_weights():
    assert class_weights(25)[0] == pytest.approx(4988 / sum(load_statistics().class_counts.values()))
    for classes in (5, 25, 200):
        weights = class_weights(classes)
        assert weights.sum() == pytest.approx(1)
        assert weights.max() / weights.min() == pytest.approx(4988 / 99)


TOLERANCES = {
    "mean": 0.01,
    "deviation": 0.02,
    "zeros": 0.02,
    "between_videos": 0.04,
    "lag_one": 0.04,
    "lag_one_within": 0.03,
    "participation_ratio": 2.5,
    "minimum": 0,
}


@pytest.mark.parametrize("seed", [0, 1])
def test_simulated_background_looks_like_real_vggish_features(seed):
    ours, real = feature_statistics(background(178, seed)["audio"]), vggish_statistics()
    for name, tolerance in TOLERANCES.items():
        assert ours[name] == pytest.approx(real[name], abs=tolerance), name
    assert 2 < ours["maximum"] < real["maximum"]  # the real tail is longer


def test_events_are_as_strong_as_the_nuisance_on_their_channels(monkeypatch):
    """Before the threshold the nuisance has unit variance, and an event's level is uniform in ±6 dB."""
    monkeypatch.setattr(features, "_respond", lambda kind, shared, before: before)
    heard = np.zeros((600, 10, 25), np.uint8)
    heard[np.arange(600), :, np.arange(600) % 25] = 1
    silent = heard * 0
    loud, quiet = (
        features.simulate_features(cube, silent, np.random.default_rng(0))["audio"]
        for cube in (heard, silent)
    )
    event = (loud - quiet).astype(float)  # (N, T, A)
    acted = np.abs(event) > 1e-6
    assert acted.any(1).sum(1).tolist() == [42] * 600  # two parts of 21 channels
    power = (event**2).sum((1, 2)) / acted.sum((1, 2))  # (N,)
    uniform = (10**0.6 - 10**-0.6) / (1.2 * np.log(10))
    drift = np.exp((np.log(10) / 10) ** 2 / 2)
    assert power.mean() == pytest.approx(uniform * drift, rel=0.1)
    assert quiet.var() == pytest.approx(1, abs=0.05)


def test_rate():
    started = time.perf_counter()
    simulate_split("test", 256, 0, 25)
    assert time.perf_counter() - started < 256 * 60 / 11849 * 3  # a minute for all of LLP, on a busy machine


def test_same_seed_same_store(tmp_path, monkeypatch):
    monkeypatch.setattr("leap.data.llp_sim.build.SIZES", {"val": 2, "test": 2})
    one, two = (simulate_llp(tmp_path / name, 5, 1) for name in ("a.h5", "b.h5"))
    assert one.read_bytes() == two.read_bytes()
