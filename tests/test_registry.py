"""Parts of one's own: registered or named by dotted path, validated by their own config."""

import dataclasses
import sys
from dataclasses import asdict

import pytest
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass

from leap.config import (
    DECODERS,
    ENCODERS,
    LOSSES,
    PARSERS,
    SCHEDULES,
    STRICT,
    CosineSchedule,
    DecoderConfig,
    EncoderConfig,
    HanConfig,
    ModelConfig,
    Protocol,
    RunConfig,
    from_dict,
    to_dict,
)
from leap.errors import LeapError
from leap.models.checkpoint import Description, load_parser, save_parser
from leap.models.parser import build_parser
from leap.presets import PRESETS
from leap.registry import TRUSTED, Registry
from leap.training.run import run_key
from leap.training.schedules import rate_factor

REGISTRIES = {registry.kind: registry for registry in (ENCODERS, DECODERS, PARSERS, LOSSES, SCHEDULES)}

LAB = """
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from leap.config import DECODERS, STRICT, DecoderConfig
from leap.models.decoders.mmil import Mmil


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ScaledConfig(DecoderConfig):
    name: str = "scaled"
    scale: float = Field(default=2.0, gt=0)


@DECODERS.register(ScaledConfig)
class Scaled(nn.Module):
    def __init__(self, config, model, classes, label_width):
        super().__init__()
        self.mmil, self.scale = Mmil(model.width, classes), config.scale

    def forward(self, audio, visual, label_embedding=None):
        return self.mmil(self.scale * audio, self.scale * visual)


class Unregistered(nn.Module):
    pass
"""


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    """Forget what a test registers."""
    for registry in REGISTRIES.values():
        monkeypatch.setattr(registry, "parts", dict(registry.parts))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A module outside the package, ``my_lab.decoders``, that has not been imported."""
    (tmp_path / "my_lab").mkdir()
    (tmp_path / "my_lab" / "__init__.py").touch()
    (tmp_path / "my_lab" / "decoders.py").write_text(LAB)
    monkeypatch.syspath_prepend(tmp_path)
    yield "my_lab.decoders"
    for name in ("my_lab", "my_lab.decoders"):
        sys.modules.pop(name, None)


def with_decoder(**values):
    return from_dict({"model": {"decoder": values}})


def test_a_dotted_path_imports_validates_and_builds(lab):
    config = with_decoder(name=f"{lab}:Scaled", scale=3.0)
    assert config.model.decoder.scale == 3
    parser = build_parser(config.model, {"audio": 6, "visual_2d": 7}, torch.eye(5))
    assert (type(parser.decoder).__name__, parser.decoder.scale) == ("Scaled", 3)
    with pytest.raises(LeapError, match=r"^config: model\.decoder\.scale: [^\n]*greater than 0"):
        with_decoder(name=f"{lab}:Scaled", scale=0)
    with pytest.raises(LeapError, match=r"^config: model\.decoder\.blocks: unknown key"):
        with_decoder(name=f"{lab}:Scaled", blocks=2)


def test_a_dotted_path_survives_json_and_names_the_run(lab):
    config = with_decoder(name=f"{lab}:Scaled", scale=3)
    values = to_dict(config)["model"]["decoder"]
    assert values == {"name": "my_lab.decoders:Scaled", "scale": 3.0}
    again = from_dict(to_dict(config))
    assert again == config
    assert run_key(again, "data") == run_key(config, "data")
    others = [with_decoder(name=f"{lab}:Scaled"), with_decoder(name="mmil"), RunConfig()]
    assert len({run_key(other, "data") for other in (config, *others)}) == 4


def test_a_checkpoint_is_loaded_where_its_part_is_imported_or_trusted(lab, tmp_path, monkeypatch):
    monkeypatch.delenv(TRUSTED, raising=False)
    model, widths = with_decoder(name=f"{lab}:Scaled", scale=3).model, {"audio": 6, "visual_2d": 7}
    path = tmp_path / "scaled.safetensors"
    description = Description(model, Protocol(), tuple("abcde"), widths)
    save_parser(build_parser(model, widths, torch.eye(5)), description, path)
    assert load_parser(path)[0].decoder.scale == 3
    del sys.modules[lab]
    with pytest.raises(LeapError, match=f"import {lab} first, or set LEAP_PARTS=my_lab$"):
        load_parser(path)
    monkeypatch.setenv(TRUSTED, "others, my_lab ,")
    parser, read = load_parser(path)
    assert asdict(read) == asdict(description)
    assert parser.decoder.scale == 3


def test_once_imported_a_part_is_known_by_its_name(lab):
    with pytest.raises(LeapError, match="no decoder 'scaled'; known are mmil, leap, evidential;"):
        with_decoder(name="scaled")
    __import__(lab)
    assert with_decoder(name="scaled").model.decoder.scale == 2


def test_what_cannot_be_imported_or_is_not_registered_is_one_line(lab):
    for name, message in (
        (f"{lab}:Unregistered", f"{lab}:Unregistered is not registered as decoder"),
        (f"{lab}:Absent", f"decoder '{lab}:Absent' cannot be imported"),
        ("my_lab.absent:Scaled", r"decoder 'my_lab\.absent:Scaled' cannot be imported \(No module"),
        ("os:getcwd", "os:getcwd is not registered as decoder"),
        (".decoders:Scaled", r"decoder '\.decoders:Scaled' names no module; write package\.module:name"),
        (":Scaled", "decoder ':Scaled' names no module"),
    ):
        with pytest.raises(LeapError, match=rf"^config: model\.decoder: {message}[^\n]*$"):
            with_decoder(name=name)


@pytest.mark.parametrize("kind", REGISTRIES)
def test_unknown_names_are_refused_with_those_that_are_known(kind):
    known = ", ".join(REGISTRIES[kind].parts)
    with pytest.raises(LeapError, match=rf"^no {kind} 'hen'; known are {known}$"):
        REGISTRIES[kind].find("hen")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"model": {"encoder": {"name": "hen"}}},
            "model.encoder: no encoder 'hen'; known are han, valor",
        ),
        ({"model": {"encoder": {"name": "mm-pyramid", "layers": 2}}}, "model.encoder.layers: unknown key"),
        ({"model": {"decoder": {"name": "mmil", "variant": "paper"}}}, "model.decoder.variant: unknown key"),
        ({"model": {"decoder": {"name": "evidential", "heads": 1}}}, "model.decoder.heads: unknown key"),
        ({"model": {"visual_dropout": 0.5}}, "model.visual_dropout: unknown key"),
        ({"model": {"name": "jomold", "cross_weight": 0.7}}, "model.cross_weight: unknown key"),
        ({"loss": {"basic": {"name": "han", "denoise": True}}}, "loss.basic.denoise: unknown key"),
        ({"train": {"schedule": {"name": "step", "warmup": 3}}}, "train.schedule.warmup: unknown key"),
        ({"train": {"schedule": {"period": 3}}}, "train.schedule.period: unknown key"),
        (
            {"model": {"encoder": "han"}},
            'model.encoder: give the encoder as a table with its "name" (han',
        ),
        ({"model": {"encoder": {"name": 3}}}, 'model.encoder: give the encoder as a table with its "name"'),
        ({"loss": {"basic": None}}, 'loss.basic: give the loss as a table with its "name" (leap, han'),
    ],
)
def test_keys_of_another_part_are_refused_where_they_stand(values, message):
    with pytest.raises(LeapError) as error:
        from_dict(values)
    assert str(error.value).startswith(f"config: {message}")
    assert "\n" not in str(error.value)


def test_values_without_a_name_describe_the_default_part():
    assert from_dict({"model": {"encoder": {"layers": 2}}}).model.encoder == HanConfig(layers=2)
    for registry in REGISTRIES.values():
        assert registry.parse({}) == registry.find(registry.default).config()
    assert from_dict({"train": {"schedule": {"warmup": 3}}}).train.schedule == CosineSchedule(warmup=3)


def keys():
    return {name: run_key(config, "checksum") for name, config in PRESETS.items()}


def test_a_new_part_changes_no_run_key(lab):
    before = keys()
    __import__(lab)
    SCHEDULES.register(Constant)(constant)
    assert keys() == before
    assert len(set(before.values())) == len(PRESETS)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Constant(CosineSchedule):
    """A config of which only the schedule below is made."""

    name: str = "constant"
    factor: float = Field(default=0.5)


def constant(schedule, step, steps, epochs):
    return schedule.factor


def test_a_schedule_is_registered_as_a_function():
    SCHEDULES.register(Constant)(constant)
    train = from_dict({"train": {"schedule": {"name": "constant", "factor": 0.25}}}).train
    assert rate_factor(7, 10, train) == 0.25


def test_a_name_belongs_to_one_part():
    @dataclass(frozen=True, kw_only=True, config=STRICT)
    class Other(DecoderConfig):
        name: str = "leap"

    with pytest.raises(LeapError, match=r"^decoder 'leap' is that of leap\.config\.LeapConfig; choose"):
        DECODERS.register(Other)(constant)
    build_parser(ModelConfig(), {"audio": 6, "visual_2d": 7}, torch.eye(5))  # imports HAN's builder
    with pytest.raises(LeapError, match=r"^encoder 'han' is that of leap\.models\.encoders\.han\.build_han"):
        ENCODERS.register(HanConfig)(constant)
    SCHEDULES.register(Constant)(constant)
    SCHEDULES.register(Constant)(constant)  # a module may be imported again


def test_a_config_without_a_builder_is_one_line():
    registry = Registry("loss", "leap.training.losses", "constant")
    registry.declare(Constant)
    with pytest.raises(LeapError, match="loss 'constant' has a config, but nothing that builds it"):
        registry.build(Constant())


def test_configs_pass_through_as_they_are():
    config = HanConfig(layers=3)
    assert ENCODERS.parse(config) is config
    assert ModelConfig(encoder=config).encoder is config


@dataclasses.dataclass(frozen=True)
class Plain:
    """A config class that would let unknown keys pass."""

    name: str = "plain"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Nameless(EncoderConfig):
    """A config class without a name of its own."""


@pytest.mark.parametrize("config", [Plain, Nameless])
def test_a_config_class_that_is_not_strict_or_has_no_name_is_refused(config):
    with pytest.raises(
        LeapError, match=f"{config.__name__}: not the config class of a part \\(encoder\\); decorate it"
    ):
        ENCODERS.register(config)
