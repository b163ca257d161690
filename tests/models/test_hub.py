import json

import huggingface_hub
import pytest
import torch

from leap.config import DecoderConfig, ModelConfig, Protocol
from leap.errors import LeapError
from leap.models.checkpoint import Description
from leap.models.parser import Parser, build_parser

WIDTHS = {"audio": 6, "visual_2d": 7}


@pytest.fixture
def parser():
    config = ModelConfig(decoder=DecoderConfig(heads=2), width=8, ffn=12)
    parser = build_parser(config, WIDTHS, torch.eye(3))
    parser.description = Description(config, Protocol(segment=0.4), ("a", "b", "c"), WIDTHS)
    return parser


def test_a_folder_holds_weights_and_config(parser, tmp_path):
    assert parser.save_pretrained(tmp_path / "mine") == tmp_path / "mine" / "model.safetensors"
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["config.json", "model.safetensors"]
    loaded = Parser.from_pretrained(tmp_path / "mine")
    assert not loaded.training
    assert loaded.description == parser.description
    for name, value in parser.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_the_config_beside_the_weights_counts(parser, tmp_path):
    parser.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["protocol"]["segment"] = 0.3
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert Parser.from_pretrained(tmp_path).description.protocol.segment == 0.3
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(LeapError, match=r"^[^\n]*not a trained parser[^\n]*$"):
        Parser.from_pretrained(tmp_path)


def test_a_single_file_describes_itself(parser, tmp_path):
    parser.save_pretrained(tmp_path / "mine.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]
    assert Parser.from_pretrained(tmp_path / "mine.safetensors").description == parser.description


def test_what_is_no_path_is_looked_for_on_the_hub(parser, tmp_path, monkeypatch):
    asked = []

    def download(repository, allow_patterns):
        asked.append((repository, allow_patterns))
        return str(tmp_path / "cached")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    parser.save_pretrained(tmp_path / "cached")
    assert Parser.from_pretrained("someone/leap").description == parser.description
    assert asked == [("someone/leap", ["config.json", "model.safetensors"])]


def test_unknown_repositories_are_one_line(monkeypatch):

    def download(repository, allow_patterns):
        raise OSError("404\nnot found")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(LeapError, match=r"^someone/leap: neither a path nor on the Hub \(404\)$"):
        Parser.from_pretrained("someone/leap")
