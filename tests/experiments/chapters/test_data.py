import pytest

from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.experiments.chapters import data
from leap.experiments.chapters.data import committed_figure, find_recordings


def test_recordings_are_found_by_variable_or_at_the_root(tmp_path, monkeypatch):
    monkeypatch.delenv("LEAP_RECORDINGS", raising=False)
    monkeypatch.setattr(data, "repository_root", lambda: tmp_path)
    assert find_recordings() is None
    (tmp_path / "recordings").mkdir()
    assert find_recordings() == tmp_path / "recordings"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "elsewhere"))
    assert find_recordings() == tmp_path / "elsewhere"


def test_committed_figures_belong_to_the_shipped_data_set(tiny_store):
    with open_dataset("av-digits") as store:
        assert committed_figure(store, store.ids("test")[0]).is_file()
    with pytest.raises(LeapError, match="no figures of this data set"):
        committed_figure(tiny_store, "clip")
