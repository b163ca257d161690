import numpy as np
import pytest

from leap.errors import LeapError
from leap.experiments.predicted_events import PredictedEvents, read_events, write_events

SHAPE = (5, 10, 3)


@pytest.fixture
def events():
    """Events of two runs."""
    rng = np.random.default_rng(0)
    return {key: PredictedEvents(*(rng.random((2, *SHAPE)) < 0.3)) for key in ("one", "two")}


def test_events_are_read_as_they_were_written(events, tmp_path):
    write_events(events, tmp_path / "events.npz")
    found = read_events(tmp_path / "events.npz")
    assert list(found) == ["one", "two"]
    for key, pair in events.items():
        for read, written in zip(found[key], pair, strict=True):
            assert read.dtype == bool
            assert np.array_equal(read, written)


def test_equal_events_give_equal_bytes(events, tmp_path):
    for name in ("a.npz", "b.npz"):
        write_events(events, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_missing_file_names_the_remedy(tmp_path):
    with pytest.raises(LeapError, match="no such file; `make book PROFILE=full` makes it"):
        read_events(tmp_path / "events.npz")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:80]),
        lambda path: np.savez(path, keys=["one"]),
        lambda path: np.savez(path, keys=["one"], shape=[2, 2, 5, 10, 3], bits=np.zeros(75, np.uint8)),
        lambda path: np.savez(path, keys=["one"], shape=[1, 2, 5, 10, 3], bits=np.zeros(5, np.uint8)),
    ],
    ids=["empty", "cut short", "array missing", "two runs under one key", "too few bits"],
)
def test_a_damaged_file_is_refused(damage, events, tmp_path):
    path = tmp_path / "events.npz"
    write_events(events, path)
    damage(path)
    with pytest.raises(LeapError, match=r"events\.npz: not a file of predicted events"):
        read_events(path)
