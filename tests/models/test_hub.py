import huggingface_hub
import pytest
import torch

from leap.config import LeapConfig, ModelConfig, Protocol
from leap.errors import LeapError
from leap.models.checkpoint import Description, from_pretrained, save_pretrained
from leap.models.parser import build_parser


def test_what_is_no_path_is_looked_for_on_the_hub(tmp_path, monkeypatch):
    model, widths, asked = (
        ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12),
        {"audio": 6, "visual_2d": 7},
        [],
    )

    def download(repository, allow_patterns):
        asked.append((repository, allow_patterns))
        return str(tmp_path / "cached")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    parser = build_parser(model, widths, torch.eye(3))
    parser.description = Description(model, Protocol(segment=0.4), ("a", "b", "c"), widths)
    save_pretrained(parser, tmp_path / "cached")
    assert from_pretrained("someone/leap").description == parser.description
    assert asked == [("someone/leap", ["config.json", "model.safetensors"])]


def test_unknown_repositories_are_one_line(monkeypatch):

    def download(repository, allow_patterns):
        raise OSError("404\nnot found")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(LeapError, match=r"^someone/leap: neither a path nor on the Hub \(404\)$"):
        from_pretrained("someone/leap")


def test_an_error_without_a_message_is_one_line(monkeypatch):

    def download(repository, allow_patterns):
        raise OSError

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(LeapError, match=r"^someone/leap: neither a path nor on the Hub \(OSError\)$"):
        from_pretrained("someone/leap")
