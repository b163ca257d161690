import pytest

from leap.errors import LeapError
from leap.experiments.runs import run_folder
from leap.visualization.timeline import figure_file, parse_to_figure


@pytest.fixture
def model(tiny_records, tiny_config, tiny_store, tiny_results):
    return run_folder(tiny_config, tiny_store, tiny_results)


def test_the_figure_is_named_after_the_video(model, tiny_store, tmp_path):
    path = parse_to_figure(model, tiny_store, "test", "clip-2-1", tmp_path / "out")
    assert path == tmp_path / "out" / "clip-2-1.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_figure_has_one_name_in_every_form_of_unicode(tiny_store, tmp_path):
    assert figure_file(tiny_store, "test", "cafe\u0301", tmp_path) == tmp_path / "caf\u00e9.png"


def test_an_unknown_video_leaves_nothing(model, tiny_store, tmp_path):
    with pytest.raises(LeapError, match="no video 'clip-9' in test"):
        parse_to_figure(model, tiny_store, "test", "clip-9", tmp_path / "out")
    assert not (tmp_path / "out").exists()
