import json
from dataclasses import replace

import pytest

from leap.config import to_dict


@pytest.fixture
def line(tiny_path, tiny_config, tmp_path):
    """The command without its fields."""
    config = replace(tiny_config, train=replace(tiny_config.train, epochs=1))
    (tmp_path / "run.json").write_text(json.dumps(to_dict(config)))
    return "sweep", tmp_path / "run.json", "--data", tiny_path, "--trials", 2, "--out", tmp_path / "out"


def test_the_best_config_is_printed_and_can_be_trained(line, leap, tiny_path, tmp_path):
    status, out, err = leap(*line, "--set", "train.lr=log:1e-3..1e-1")
    assert (status, err) == (0, "")
    best = tmp_path / "out" / "best.json"
    assert json.loads(out) == json.loads(best.read_text())
    assert leap("train", best, "--data", tiny_path, "--out", tmp_path / "model")[0] == 0
    assert leap(*line, "--set", "train.lr=log:1e-3..1e-1")[:2] == (0, out)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.lr", "write FIELD=VALUES"),
        ("train.nosuch=1,2", "--set train.nosuch=1: train.nosuch: unknown key"),
        ("train.epochs=few,many", "--set train.epochs=few: train.epochs: Input should be a valid integer"),
        ("train.lr=0..1", "--set train.lr=0: train.lr: Input should be greater than 0"),
        ("model.decoder.heads=2,3", "--set model.decoder.heads=3: "),
        ("split=test,val", "the split"),
    ],
)
def test_a_wrong_setting_is_one_line_before_anything_is_trained(setting, message, line, refused, tmp_path):
    assert message in refused(*line, "--set", setting)
    assert not (tmp_path / "out").exists()


def test_files_of_others_are_kept(line, refused, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "best.json").write_text("{}")
    assert "holds something that leap did not write" in refused(*line, "--set", "model.ffn=4,8")
