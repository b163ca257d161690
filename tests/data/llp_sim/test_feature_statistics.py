import json

import h5py
import numpy as np
import pytest

from leap.data.llp_sim.feature_statistics import feature_statistics, read_features, vggish_statistics
from leap.errors import LeapError


def test_independent_values():
    x = np.random.default_rng(0).standard_normal((400, 10, 8))
    values = feature_statistics(x)
    assert values["deviation"] == pytest.approx(1, abs=0.02)
    assert values["between_videos"] == pytest.approx(0.1, abs=0.02)  # 1 / T
    assert values["lag_one"] == pytest.approx(0, abs=0.02)
    assert values["lag_one_within"] == pytest.approx(-1 / 9, abs=0.03)
    assert values["participation_ratio"] == pytest.approx(8, rel=0.02)
    assert values["zeros"] == 0


def test_one_direction_that_stays():
    direction, video = np.arange(1.0, 6), np.random.default_rng(0).random((50, 1, 1))
    values = feature_statistics(np.repeat(video * direction, 10, axis=1) + np.zeros((50, 10, 5)))
    assert values["between_videos"] == pytest.approx(1)
    assert values["participation_ratio"] == pytest.approx(1)
    assert values["lag_one"] == pytest.approx(1)


def test_sparsity():
    x = np.zeros((4, 10, 5))
    x[:2, :, 0] = np.arange(1.0, 11)
    values = feature_statistics(x)
    assert (values["zeros"], values["maximum"], values["minimum"]) == (0.9, 10, 0)


def test_command(tmp_path, leap, refused):
    x = np.random.default_rng(0).random((20, 10, 4))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["any name"] = x
    np.save(tmp_path / "x.npy", x)
    for name in ("x.h5", "x.npy"):
        out = tmp_path / f"{name}.json"
        assert leap("data", "measure-features", "--features", tmp_path / name, "--out", out)[0] == 0
        written = json.loads(out.read_text())
        assert written["statistics"] == feature_statistics(x)
        assert written["shape"] == [20, 10, 4]
    assert written["statistics"].keys() == vggish_statistics().keys()
    np.save(tmp_path / "flat.npy", x[0])
    for name, message in (
        ("flat.npy", "one array"),
        ("none.npy", "none.npy: no such file"),
        ("x.npy.json", "cannot be read as a .npy or HDF5 file"),
    ):
        assert message in refused(
            "data", "measure-features", "--features", tmp_path / name, "--out", tmp_path / "y.json"
        )


def test_a_file_of_two_arrays_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = file["b"] = np.zeros((2, 3, 4))
    with pytest.raises(LeapError, match="one array"):
        read_features(tmp_path / "x.h5")
