import numpy as np
import pytest

from leap.experiments.chapters import data
from leap.experiments.excerpts import MATERIAL, Excerpt, find_material, show_excerpts
from leap.experiments.study import Study
from leap.visualization import numbered
from tests.everyday_material import write_material
from tests.tree import ROOT


@pytest.fixture
def study(tmp_path):
    return Study(data.CHAPTER, "smoke", "av-digits", tmp_path, ROOT / "results")


@pytest.fixture
def everyday(tmp_path):
    return Study(data.CHAPTER, "full", "av-everyday", tmp_path, ROOT / "results")


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: captions of figures and committed figures, players, and notes."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda *parts, raw=False: found.extend(parts))
    monkeypatch.setattr(numbered, "show_figure", lambda figure, caption, alt: found.append(caption))
    monkeypatch.setattr(numbered, "show_png", lambda content, caption, alt: found.append((content, caption)))
    return found


@pytest.fixture
def parsed(everyday):
    """An excerpt with the events of one system."""
    audio, visual = (labels[3].numpy() for labels in everyday.store.videos("test").truth())
    return Excerpt(3, "Parsed.", {"LEAP": {"audio": audio, "visual": np.zeros_like(visual)}})


def test_recordings_are_found_by_variable_or_beside_the_results(tmp_path, monkeypatch):
    monkeypatch.delenv("LEAP_RECORDINGS", raising=False)
    study = Study(data.CHAPTER, "smoke", "av-digits", tmp_path, tmp_path / "results")
    assert find_material(study) is None
    (tmp_path / "recordings").mkdir()
    assert find_material(study) == tmp_path / "recordings"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "elsewhere"))
    assert find_material(study) == tmp_path / "elsewhere"


def test_without_recordings_committed_figures_and_the_command_are_shown(study, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "none"))
    show_excerpts(study, "01", [Excerpt(0, "First."), Excerpt(2, "Third.")])
    assert [content[:4] for content, _ in shown[:-1]] == [b"\x89PNG"] * 2
    assert shown[1][1] == "Third."
    assert "`leap data fetch av-digits --out recordings`" in shown[-1].data


def test_with_recordings_players_and_their_credit_are_shown(study, shown, recordings, monkeypatch):
    monkeypatch.setenv("LEAP_RECORDINGS", str(recordings))
    show_excerpts(study, "01", [Excerpt(1, "Second.")])
    assert shown[0] == "Second."
    assert 'title="Player: test-0001"' in shown[1]["text/html"]
    assert MATERIAL["av-digits"].credit in shown[2].data


def test_without_material_events_are_drawn_without_signals(everyday, parsed, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_MATERIAL", str(tmp_path / "none"))
    show_excerpts(everyday, "19", [parsed])
    caption, note = shown
    assert caption == "Parsed."
    assert "`LEAP_MATERIAL`" in note.data


def test_with_material_no_photographs_are_published(everyday, parsed, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_MATERIAL", str(write_material(tmp_path / "material")))
    show_excerpts(everyday, "19", [parsed])
    assert 'title="Player: test-0003"' in shown[1]["text/html"]
    assert everyday.publishes
    assert [path.name for path in tmp_path.iterdir()] == ["material"]


def test_another_data_set_has_no_material(tiny_store, tmp_path):
    study = Study(data.CHAPTER, "smoke", "llp", tmp_path, ROOT / "results")
    assert find_material(study) is None
