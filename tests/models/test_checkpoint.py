"""Parsers on disk: what is written is read, and files that are damaged or made up are refused in one line."""

import json
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

import leap.models.checkpoint as module
from leap.config import LeapConfig, ModelConfig, Protocol
from leap.errors import LeapError
from leap.models.checkpoint import (
    CONFIG,
    FILE,
    Description,
    check_fit,
    from_pretrained,
    load_parser,
    save_parser,
    save_pretrained,
)
from leap.models.parser import build_parser
from leap.registry import TRUSTED
from tests.models.product import PRODUCT, WIDTHS, make, parse, parts, tensors

MODEL = ModelConfig(decoder=LeapConfig(blocks=1), width=4, ffn=4)
SMALL = {"audio": 3, "visual_2d": 4}


def described(model=MODEL, widths=SMALL, classes=("kettle", "tap"), **protocol):
    return Description(model, Protocol(**protocol), classes, widths)


@pytest.fixture
def parser():
    return build_parser(MODEL, SMALL, torch.ones(2, 3))


def write(path, tensors, **changes):
    """A file of these tensors, with a description of which parts are changed."""
    description = json.loads(module._ADAPTER.dump_json(described()))
    for key, value in changes.items():
        description[key] = description[key] | value if isinstance(value, dict) else value
    save_file(tensors, path, {"description": json.dumps(description)})
    return path


def refused(path):
    with pytest.raises(LeapError, match=r"^[^\n]*: not a trained parser \([^\n]*$") as error:
        load_parser(path)
    return str(error.value)


@pytest.mark.parametrize("config", PRODUCT, ids=parts)
def test_saved_and_loaded_unchanged(config, make_videos, tmp_path):
    parser, description = make(config), described(config, WIDTHS, tuple("abcde"), segment=0.4)
    save_parser(parser, description, tmp_path)
    loaded, read = load_parser(tmp_path)
    assert read == loaded.description == description
    assert not loaded.training
    videos = make_videos()
    expected = tensors(parse(parser, videos))
    for name, value in tensors(parse(loaded, videos)).items():
        assert torch.equal(value, expected[name])


def test_learned_label_embeddings_stay_a_parameter(tmp_path):
    for labels, trained in (("learned", True), ("orthogonal", False)):
        model = replace(MODEL, labels=labels)
        parser = build_parser(model, SMALL, torch.rand(2, 3))
        save_parser(parser, described(model), tmp_path)
        loaded, _ = load_parser(tmp_path)
        assert torch.equal(loaded.label_embedding, parser.label_embedding)
        assert ("label_embedding" in dict(loaded.named_parameters())) == trained


def test_weights_have_memory_of_their_own_and_can_be_trained(parser, tmp_path):
    loaded, _ = load_parser(write(tmp_path / "x.safetensors", parser.state_dict()))
    assert all(weight.requires_grad for weight in loaded.parameters())
    assert all(weight.data_ptr() % 64 == 0 for weight in loaded.parameters())


def test_a_folder_holds_weights_and_config(parser, tmp_path):
    parser.description = described(segment=0.4)
    assert save_pretrained(parser, tmp_path / "mine") == tmp_path / "mine" / FILE
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [CONFIG, FILE]
    loaded = from_pretrained(tmp_path / "mine")
    assert loaded.description == parser.description
    for name, value in parser.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_a_single_file_describes_itself(parser, tmp_path):
    parser.description = described(segment=0.4)
    save_pretrained(parser, tmp_path / "mine.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]
    assert from_pretrained(tmp_path / "mine.safetensors").description == parser.description


def test_a_parser_without_a_description_is_not_saved(parser, tmp_path):
    with pytest.raises(LeapError, match=r"no description[^\n]*set parser\.description$"):
        save_pretrained(parser, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": {"audio": 10**9}}, "frontend.audio.weight is not what config and widths ask for"),
        ({"widths": {"audio": 2**62}}, "overflow"),
        ({"widths": {"audio": "3"}}, "widths.audio: "),
        ({"model": {"width": 10**6, "ffn": 10**6}}, "is not what config and widths ask for"),
        ({"model": {"encoder": {"layers": 10**9}}}, "more layers than tensors"),
        ({"model": {"encoder": {"name": "mm-pyramid", "levels": 10**9}}}, "more layers than tensors"),
        ({"model": {"decoder": {"name": "leap", "blocks": 10**9}}}, "more layers than tensors"),
        ({"model": {"decoder": {"name": "mmil", "variant": "paper"}}}, "model.decoder.variant: unknown key"),
        ({"model": {"encoder": {"name": "hen"}}}, "model.encoder: no encoder 'hen'; known are han, valor"),
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


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_damaged_weights_are_one_line(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert refused(tmp_path).endswith("make one with leap train")


def test_truncated_and_missing_weights_are_one_line(parser, tmp_path):
    path = save_parser(parser, described(), tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    refused(tmp_path)
    path.unlink()
    with pytest.raises(LeapError, match=rf"^[^\n]*{FILE}: no such file; [^\n]*$"):
        load_parser(tmp_path)


@pytest.mark.parametrize("content", [b"\xff", b"{", b"[" * 100_000, b'{"a\\nb": 1}'])
def test_a_config_that_cannot_be_read(content, parser, tmp_path):
    save_parser(parser, described(), tmp_path)
    (tmp_path / CONFIG).write_bytes(content)
    refused(tmp_path)


def test_a_config_of_another_parser_is_refused(parser, tmp_path):
    path = save_parser(parser, described(), tmp_path)
    values = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps(values))  # in other bytes
    load_parser(tmp_path)
    for part, key, value in (("model", "dropout", 0.5), ("protocol", "segment", 0.3)):
        (tmp_path / CONFIG).write_text(json.dumps(values | {part: values[part] | {key: value}}))
        assert "config.json describes another parser than the weights beside it" in refused(tmp_path)
    assert load_parser(path)[1] == described()  # the file describes itself


def test_a_kill_between_weights_and_config_does_not_load_one_with_the_other(parser, tmp_path, monkeypatch):
    """The variants of LEAP have equal tensors, so shapes cannot tell them apart."""
    save_parser(parser, described(), tmp_path)
    release = described(replace(MODEL, decoder=replace(MODEL.decoder, variant="release")))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "atomic_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        save_parser(parser, release, tmp_path)
    assert "config.json describes another parser" in refused(tmp_path)
    save_parser(parser, release, tmp_path)
    assert load_parser(tmp_path)[1] == release


ALLOCATION = (
    "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: 4000000000 bytes"
)


@pytest.mark.parametrize(
    "error", [RuntimeError(ALLOCATION), torch.OutOfMemoryError("CUDA out of memory."), MemoryError()]
)
@pytest.mark.parametrize("place", ["safe_open", "build_parser"])
def test_a_lack_of_memory_is_called_so(place, error, parser, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise error

    path = save_parser(parser, described(), tmp_path)
    monkeypatch.setattr(module, place, fail)
    with pytest.raises(LeapError) as refusal:
        load_parser(tmp_path)
    assert str(refusal.value) == f"{path}: cannot be read (not enough memory)"


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """The folder of modules that can be imported; ``their_lab`` leaves a trace when it is."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "their_lab.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "their_lab", raising=False)
    monkeypatch.delenv(TRUSTED, raising=False)
    return folder


DOTTED = {"name": "their_lab:Part"}
PLACES = [{"encoder": DOTTED}, {"decoder": DOTTED}, DOTTED, {"encoder": {"name": "han", "inner": [DOTTED]}}]
"""Where a description may name a part by a dotted path: the last is within another part."""


@pytest.mark.parametrize("trusted", ["", "my", "their_lab_2,their_lab.others"])
@pytest.mark.parametrize("part", PLACES)
def test_a_checkpoint_does_not_choose_what_is_imported(part, trusted, lab, parser, tmp_path, monkeypatch):
    monkeypatch.setenv(TRUSTED, trusted)
    message = refused(write(tmp_path / "x.safetensors", parser.state_dict(), model=part))
    assert "their_lab:Part: import their_lab first, or set LEAP_PARTS=their_lab" in message
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("part", PLACES[:3])
def test_a_trusted_module_is_imported(part, lab, parser, tmp_path, monkeypatch):
    monkeypatch.setenv(TRUSTED, "others,their_lab")
    message = refused(write(tmp_path / "x.safetensors", parser.state_dict(), model=part))
    assert "'their_lab:Part' cannot be imported (module 'their_lab' has no attribute 'Part')" in message
    assert (tmp_path / "trace").exists()


def test_a_module_that_is_imported_already_is_trusted(parser, tmp_path):
    model = {"encoder": {"name": "leap.models.encoders.han:build_valor"}}
    message = refused(write(tmp_path / "x.safetensors", parser.state_dict(), model=model))
    assert "(module 'leap.models.encoders.han' has no attribute 'build_valor')" in message


def test_data_of_other_classes_or_widths_are_refused():
    description = described(ModelConfig(), WIDTHS, ("a", "b"))
    check_fit(description, ("a", "b"), WIDTHS)
    with pytest.raises(LeapError, match="first b"):
        check_fit(description, ("a", "x"), WIDTHS)
    with pytest.raises(LeapError, match="their order"):
        check_fit(description, ("b", "a"), WIDTHS)
    with pytest.raises(LeapError, match="reads features"):
        check_fit(description, ("a", "b"), WIDTHS | {"audio": 5})
