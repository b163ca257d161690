"""Files of parsers that are damaged or made up."""

import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import save_file

from leap.config import DecoderConfig, ModelConfig, Protocol
from leap.errors import LeapError
from leap.models.checkpoint import CONFIG, Description, load_parser, save_parser
from leap.models.parser import build_parser

WIDTHS = {"audio": 3, "visual_2d": 4}
MODEL = ModelConfig(decoder=DecoderConfig(blocks=1), width=4, ffn=4)


@pytest.fixture
def parser():
    return build_parser(MODEL, WIDTHS, torch.ones(2, 3))


def write(path, tensors, **changes):
    """A file of these tensors, described otherwise than they are."""
    description = asdict(Description(MODEL, Protocol(), ("kettle", "tap"), WIDTHS))
    for key, value in changes.items():
        description[key] = description[key] | value if isinstance(value, dict) else value
    save_file(tensors, path, {"description": json.dumps(description)})
    return path


def refused(path):
    with pytest.raises(LeapError, match=r"^[^\n]*: not a trained parser \([^\n]*$") as error:
        load_parser(path)
    return str(error.value)


def test_weights_have_memory_of_their_own_and_can_be_trained(parser, tmp_path):
    loaded, _ = load_parser(write(tmp_path / "x.safetensors", parser.state_dict()))
    assert all(weight.requires_grad for weight in loaded.parameters())
    assert all(weight.data_ptr() % 64 == 0 for weight in loaded.parameters())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": {"audio": 10**9}}, "frontend.audio.weight is not what config and widths ask for"),
        ({"widths": {"audio": 2**62}}, "overflow"),
        ({"widths": {"audio": "3"}}, "widths.audio: "),
        ({"model": {"width": 10**6, "ffn": 10**6}}, "is not what config and widths ask for"),
        ({"model": {"encoder": {"layers": 10**9}}}, "more layers than tensors"),
        ({"model": {"decoder": {"name": "leap", "blocks": 10**9}}}, "more layers than tensors"),
        ({"classes": ["kettle"]}, "1 classes and 2 label embeddings"),
    ],
)
def test_a_description_has_to_fit_the_tensors(changes, message, parser, tmp_path):
    assert message in refused(write(tmp_path / "x.safetensors", parser.state_dict(), **changes))


def test_weights_have_to_be_finite(parser, tmp_path):
    tensors = parser.state_dict()
    tensors["frontend.audio.bias"] = torch.tensor([0, 0, torch.nan, 0])
    assert "weights that are not finite" in refused(write(tmp_path / "x.safetensors", tensors))


def test_label_embeddings_of_another_form(parser, tmp_path):
    for labels in (torch.ones(2), torch.ones(()), torch.ones(2, 3, 4)):
        refused(write(tmp_path / "x.safetensors", parser.state_dict() | {"label_embedding": labels}))


@pytest.mark.parametrize("content", [b"\xff", b"{", b"[" * 100_000, b'{"a\\nb": 1}'])
def test_a_config_that_cannot_be_read(content, parser, tmp_path):
    save_parser(parser, Description(MODEL, Protocol(), ("kettle", "tap"), WIDTHS), tmp_path)
    (tmp_path / CONFIG).write_bytes(content)
    refused(tmp_path)
