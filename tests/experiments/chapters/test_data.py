import pytest

from leap.experiments.chapters import data
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
    """What is displayed."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda *parts: found.extend(parts))
    monkeypatch.setattr(numbered, "show_figure", lambda figure, caption, alt: found.append(caption))
    monkeypatch.setattr(numbered, "show_png", lambda content, caption, alt: found.append((content, caption)))
    return found


def test_every_data_set_that_the_chapter_takes_is_described():
    assert tuple(data.DESCRIPTIONS) == data.CHAPTER.only


def test_recordings_are_found_by_variable_or_beside_the_results(study, tmp_path, monkeypatch):
    monkeypatch.delenv("LEAP_RECORDINGS", raising=False)
    study = Study(data.CHAPTER, "smoke", "av-digits", tmp_path, tmp_path / "results")
    assert data.find_material(study) is None
    (tmp_path / "recordings").mkdir()
    assert data.find_material(study) == tmp_path / "recordings"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "elsewhere"))
    assert data.find_material(study) == tmp_path / "elsewhere"


def test_without_recordings_the_committed_figures_are_shown(study, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_RECORDINGS", str(tmp_path / "none"))
    data.show_examples(study, (0, 2), "AV-Digits")
    assert [content[:4] for content, _ in shown] == [b"\x89PNG"] * 2
    assert shown[1][1] == "test-0002: sound, spectrogram, frames and dense labels. AV-Digits."


def test_with_recordings_players_are_shown(study, shown, recordings, monkeypatch):
    monkeypatch.setenv("LEAP_RECORDINGS", str(recordings))
    data.show_examples(study, (1,), "AV-Digits")
    assert shown[0].startswith("test-0001: ")
    assert type(shown[1]).__name__ == "Audio"


def test_without_material_the_command_that_fetches_it_is_shown(everyday, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_MATERIAL", str(tmp_path / "none"))
    data.show_examples(everyday, (0, 2), "AV-Everyday")
    (text,) = shown
    assert "`leap data fetch av-everyday --out material`" in text.data
    assert "`LEAP_MATERIAL`" in text.data


def test_with_material_players_are_shown_and_no_photographs_published(everyday, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_MATERIAL", str(write_material(tmp_path / "material")))
    data.show_examples(everyday, (3,), "AV-Everyday")
    assert shown[0].startswith("test-0003: ")
    assert type(shown[1]).__name__ == "Audio"
    assert everyday.publishes
    assert [path.name for path in tmp_path.iterdir()] == ["material"]
