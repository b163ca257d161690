"""Parsers on disk: what is written is read, and files that are damaged or made up are refused in one line."""

import errno
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pydantic.dataclasses import dataclass
from safetensors.torch import load_file, save_file
from torch import nn

import leap.models.checkpoint as module
from leap.config import ENCODERS, STRICT, EncoderConfig, LeapConfig, ModelConfig, Protocol
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
        (
            {"widths": {"audio": 10**9}},
            "frontend.audio.weight is missing, or does not fit the sizes in its description",
        ),
        ({"widths": {"audio": 2**62}}, "overflow"),
        ({"widths": {"audio": "3"}}, "widths.audio: "),
        (
            {"model": {"width": 10**6, "ffn": 10**6}},
            "is missing, or does not fit the sizes in its description",
        ),
        ({"model": {"encoder": {"layers": 10**9}}}, "more layers than it holds tensors"),
        (
            {"model": {"encoder": {"name": "mm-pyramid", "levels": 10**9}}},
            "more layers than it holds tensors",
        ),
        ({"model": {"decoder": {"name": "leap", "blocks": 10**9}}}, "more layers than it holds tensors"),
        ({"model": {"decoder": {"name": "mmil", "variant": "paper"}}}, "model.decoder.variant: unknown key"),
        ({"model": {"encoder": {"name": "hen"}}}, "model.encoder: no encoder 'hen'; known are han, valor"),
        ({"classes": ["kettle"]}, "has 1 classes, but it holds 2 label embeddings"),
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
@pytest.mark.parametrize("place", ["open_tensors", "build_parser"])
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
    path = write(tmp_path / "x.safetensors", parser.state_dict(), model=part)
    with pytest.raises(LeapError) as error:
        load_parser(path)
    advice = "import their_lab first, or set LEAP_PARTS=their_lab"
    assert str(error.value) == f"{path}: it is built with their_lab:Part: {advice}"
    assert not (tmp_path / "trace").exists()


def test_all_untrusted_parts_are_listed_at_once_with_their_packages(lab, parser, tmp_path, monkeypatch):
    names = {"encoder": "their_lab.encoders:Conv", "decoder": "their_lab.decoders:Max", "extra": "lab_2:Part"}
    model = {part: {"name": name} for part, name in names.items()}
    path = write(tmp_path / "x.safetensors", parser.state_dict(), model=model)
    with pytest.raises(LeapError) as error:
        load_parser(path)
    assert all(name in str(error.value) for name in names.values())
    advice = "import their_lab.encoders, their_lab.decoders, lab_2 first, or set LEAP_PARTS=their_lab,lab_2"
    assert str(error.value).endswith(advice)
    monkeypatch.setenv(TRUSTED, "their_lab,lab_2")
    assert "cannot be imported" in refused(path)


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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CustomConfig(EncoderConfig):
    """The config of custom encoders, with a field that means something else in those that ship."""

    name: str = "custom"
    layers: int | tuple[int, ...] = 2


class Custom(nn.Module):
    """A custom encoder: the identity, until a subclass changes it."""

    def __init__(self, config, model):
        super().__init__()
        self.create(config, model.width)

    def forward(self, audio, visual):
        return audio, visual


class HiddenBuffer(Custom):
    def create(self, config, width):
        self.register_buffer("scale", torch.arange(1.0, width + 1), persistent=False)

    def forward(self, audio, visual):
        return audio * self.scale, visual * self.scale


class TensorAttribute(Custom):
    def create(self, config, width):
        self.scale = torch.arange(1.0, width + 1)

    def forward(self, audio, visual):
        return audio * self.scale, visual * self.scale


class Rates(Custom):
    def create(self, config, width):
        self.rates = [rate.item() for rate in torch.linspace(0, 1, 5)]

    def forward(self, audio, visual):
        return audio * self.rates[1], visual * self.rates[2]


class Index(Custom):
    def create(self, config, width):
        self.register_buffer("order", torch.arange(width).flip(0))
        self.register_buffer("kept", torch.arange(width) > 0)

    def forward(self, audio, visual):
        return audio[..., self.order], torch.where(self.kept, visual[..., self.order], 0.0)


class Mask(Custom):
    def create(self, config, width):
        self.register_buffer("mask", torch.full((width, width), -torch.inf).triu(1))

    def forward(self, audio, visual):
        return (audio + self.mask[1]).softmax(-1), visual


class Transposed(Custom):
    def create(self, config, width):
        grid = torch.arange(2.0 * width).view(width, 2)
        self.register_buffer("grid", grid.t())
        self.register_buffer("first", grid[:, 0])

    def forward(self, audio, visual):
        return audio + self.grid[0], visual + self.first


class Tied(Custom):
    """One layer for both streams, used ``layers`` times, with a buffer of two names."""

    def create(self, config, width):
        self.repeats = config.layers
        self.audio = self.visual = nn.Linear(width, width)
        self.register_buffer("offset", torch.ones(width))
        self.register_buffer("shift", self.offset)

    def forward(self, audio, visual):
        for _ in range(self.repeats):
            audio, visual = self.audio(audio) + self.offset, self.visual(visual) + self.shift
        return audio, visual


class Depths(Custom):
    def create(self, config, width):
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(sum(config.layers)))

    def forward(self, audio, visual):
        for block in self.blocks:
            audio, visual = block(audio), block(visual)
        return audio, visual


class Normalized(Custom):
    def create(self, config, width):
        self.norm = nn.BatchNorm1d(width)

    def forward(self, audio, visual):
        return tuple(self.norm(stream.transpose(1, 2)).transpose(1, 2) for stream in (audio, visual))


class Double(Custom):
    def create(self, config, width):
        self.register_buffer("mean", torch.full((width,), 1 / 3, dtype=torch.float64))

    def forward(self, audio, visual):
        return (audio - self.mean).float(), (visual - self.mean).float()


CUSTOM = [
    *((part, 2) for part in (HiddenBuffer, TensorAttribute, Rates, Index, Mask, Transposed, Tied)),
    *((part, 2) for part in (Normalized, Double)),
    (Depths, (1, 2)),
    (Tied, 99),
]


@pytest.fixture
def custom(monkeypatch):
    """A function that builds a parser with a custom encoder, in train mode, and its description."""
    monkeypatch.setattr(ENCODERS, "parts", dict(ENCODERS.parts))

    def build(part, layers=2):
        ENCODERS.register(CustomConfig)(part)
        model = replace(MODEL, encoder=CustomConfig(layers=layers))
        return build_parser(model, SMALL, torch.rand(2, 3)), described(model)

    return build


FEATURES = torch.rand(2, 5, 3), torch.rand(2, 5, 4)


@pytest.mark.parametrize(("part", "layers"), CUSTOM)
def test_a_custom_part_is_saved_and_loaded_unchanged(part, layers, custom, tmp_path):
    parser, description = custom(part, layers)
    parser(*FEATURES)  # changes the statistics of a batch norm
    save_parser(parser, description, tmp_path)
    state = torch.get_rng_state()
    loaded, read = load_parser(tmp_path)
    assert torch.equal(torch.get_rng_state(), state)
    assert read == description
    for name, value in parser.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
        assert loaded.state_dict()[name].dtype == value.dtype, name
    expected = tensors(parser.eval()(*FEATURES))
    for name, value in tensors(loaded(*FEATURES)).items():
        assert torch.equal(value, expected[name]), name


def test_a_shared_tensor_is_stored_once_and_is_shared_again(custom, tmp_path):
    parser, description = custom(Tied)
    stored = load_file(save_parser(parser, description, tmp_path))
    encoder = {name for name in stored if name.startswith("encoder.")}
    assert encoder == {"encoder.audio.weight", "encoder.audio.bias", "encoder.offset"}
    loaded = load_parser(tmp_path)[0]
    assert loaded.encoder.audio.weight is loaded.encoder.visual.weight
    assert loaded.encoder.offset is loaded.encoder.shift
    again = load_file(save_parser(loaded, description, tmp_path / "again"))
    assert again.keys() == stored.keys()


def test_tensors_have_to_fit_a_custom_part(custom, tmp_path):
    parser, description = custom(Tied)
    path = save_parser(parser, description, tmp_path / "x.safetensors")
    text, stored = module._ADAPTER.dump_json(description).decode(), load_file(path)
    name = "encoder.audio.weight"
    for changed in (
        {key: value for key, value in stored.items() if key != name},
        stored | {name: torch.ones(3, 3)},
        stored | {f"{name}_2": torch.ones(3)},
    ):
        save_file(changed, path, {"description": text})
        assert "is missing, or does not fit the sizes in its description" in refused(path)
    save_file(stored | {name: torch.full((4, 4), torch.inf)}, path, {"description": text})
    assert "weights that are not finite" in refused(path)


def test_weights_that_overflow_are_not_finite(parser, tmp_path):
    stored = {name: value.double() for name, value in parser.state_dict().items()}
    load_parser(write(tmp_path / "x.safetensors", stored))
    stored["label_embedding"] = torch.full((2, 3), 1e300, dtype=torch.float64)
    assert "weights that are not finite" in refused(write(tmp_path / "x.safetensors", stored))


@pytest.mark.parametrize("config", PRODUCT, ids=parts)
def test_the_file_of_parts_that_ship_is_their_state_dict(config, tmp_path):
    parser = make(config)
    path = save_parser(parser, described(config, WIDTHS, tuple("abcde")), tmp_path / "x.safetensors")
    text = module._ADAPTER.dump_json(parser.description, indent=2).decode()
    save_file(parser.state_dict(), tmp_path / "plain.safetensors", {"description": text})
    assert path.read_bytes() == (tmp_path / "plain.safetensors").read_bytes()


def test_data_of_other_classes_or_widths_are_refused():
    description = described(ModelConfig(), WIDTHS, ("a", "b"))
    check_fit(description, ("a", "b"), WIDTHS)
    with pytest.raises(LeapError, match="the parser has the class 'b', which the data set lacks"):
        check_fit(description, ("a", "x"), WIDTHS)
    with pytest.raises(LeapError, match="same classes in different orders"):
        check_fit(description, ("b", "a"), WIDTHS)
    with pytest.raises(
        LeapError, match="widths audio 6, visual_2d 7, but the data set has audio 5, visual_2d 7"
    ):
        check_fit(description, ("a", "b"), WIDTHS | {"audio": 5})


def test_a_file_that_may_not_be_read_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / FILE).touch()

    def refuse(self, mode="r", **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LeapError, match=rf"{FILE}: cannot be read \(permission denied\)$"):
        load_parser(tmp_path)
