import pytest

from leap.experiments.chapters import data
from leap.experiments.study import Study
from leap.visualization import figures
from tests.tree import ROOT


@pytest.fixture
def study(tmp_path):
    return Study(data.CHAPTER, "smoke", "av-digits", tmp_path, ROOT / "results")


def test_recordings_are_found_by_variable_or_beside_the_results(study, tmp_path, monkeypatch):
    monkeypatch.delenv("LEAP_RECORDINGS", raising=False)
    study = Study(data.CHAPTER, "smoke", "av-digits", tmp_path, tmp_path / "results")
    assert data.find_recordings(study) is None
    (tmp_path / "recordings").mkdir()
    assert data.find_recordings(study) == tmp_path / "recordings"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "elsewhere"))
    assert data.find_recordings(study) == tmp_path / "elsewhere"


def test_without_recordings_the_committed_figures_are_shown(study, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "none"))
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *parts: shown.append(parts))
    data.show_examples(study, (0, 2), "AV-Digits")
    assert [image.data[:4] for image, _ in shown] == [b"\x89PNG"] * 2
    assert shown[1][1].data == "*test-0002: sound, spectrogram, frames and dense labels. AV-Digits.*"


def test_with_recordings_players_are_shown(study, recordings, monkeypatch):
    monkeypatch.setenv("LEAP_RECORDINGS", str(recordings))
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setattr(figures, "show", lambda figure, caption: shown.append(caption))
    data.show_examples(study, (1,), "AV-Digits")
    assert shown[0].startswith("test-0001: ")
    assert type(shown[1]).__name__ == "Audio"
