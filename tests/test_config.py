import json
from dataclasses import FrozenInstanceError
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leap.config import (
    DECODERS,
    ENCODERS,
    LOSSES,
    PARSERS,
    SCHEDULES,
    AvssConfig,
    CmpaeConfig,
    CmpaeLossConfig,
    CosineSchedule,
    EpochCosineSchedule,
    EvidentialConfig,
    HanConfig,
    JomoldConfig,
    LeapConfig,
    LossConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
    Protocol,
    RunConfig,
    StepSchedule,
    TrainConfig,
    ValorConfig,
    canonical_json,
    from_dict,
    read_config,
    to_dict,
)
from leap.errors import LeapError
from leap.registry import plain_values
from leap.training.run import run_key

CHANGED = {
    "dataset": "llp",
    "model.name": {"name": "jomold"},
    "model.encoder.name": {"name": "mm-pyramid"},
    "model.encoder.layers": 2,
    "model.encoder.heads": 4,
    "model.decoder.name": {"name": "mmil"},
    "model.decoder.blocks": 3,
    "model.decoder.heads": 8,
    "model.decoder.variant": "release",
    "model.width": 32,
    "model.ffn": 64,
    "model.dropout": 0.1,
    "model.labels": "glove.npy",
    "loss.basic.name": {"name": "han"},
    "loss.avss": {"weight": 1.0},
    "train.epochs": 3,
    "train.batch": 16,
    "train.lr": 1e-3,
    "train.weight_decay": 0.0,
    "train.clip": 2.0,
    "train.videos": 100,
    "train.optimizer": "adam",
    "train.schedule.name": {"name": "step"},
    "train.schedule.warmup": 0,
    "train.selection": "mean",
    "train.ties": "earlier",
    "protocol.segment": 0.25,
    "protocol.gate": "modality",
    "protocol.gate_threshold": 0.45,
    "protocol.class_thresholds": [0.5, 0.6],
    "seed": 1,
    "split": "val",
}
"""Another value of every field; in place of a part's name, another part."""

OPTIONAL = {
    "model.encoder.cross_weight": 0.8,
    "model.inputs": ["clap", "clip"],
    "model.precision": "bfloat16",
    "train.betas": [0.5, 0.999],
    "noise": {"misses": 0.2},
    "smoothing": {"visual": "hmm"},
    "unseen": ["dog", "sea"],
    "supervision": "dense",
}
"""Fields that plain values leave out at their defaults, so adding them changed no key of earlier runs."""

OTHERS = [
    HanConfig(layers=2),
    ValorConfig(layers=4),
    ValorConfig(pre_norm=True),
    MmPyramidConfig(levels=2),
    MmPyramidConfig(swapped=True),
    MmilConfig(blocks=2),
    LeapConfig(variant="release"),
    EvidentialConfig(),
    CmpaeLossConfig(denoise=False),
    CmpaeLossConfig(warmup="ramp"),
    StepSchedule(factor=0.25),
    StepSchedule(period=6),
    EpochCosineSchedule(warmup=3),
    EpochCosineSchedule(final=0.1),
    JomoldConfig(visual_dropout=0.25),
    CmpaeConfig(cross_weight=1.0),
]
"""Parts of which each has a value that is not its default."""

positive = st.integers(1, 1000)
unit = st.floats(0, 1)
dropout = st.just(0.0) | st.floats(1 / 128, 1, exclude_max=True)
ENCODER_CONFIGS = st.one_of(
    st.builds(HanConfig, layers=positive, heads=positive, cross_weight=unit),
    st.builds(ValorConfig, layers=positive, pre_norm=st.booleans()),
    st.builds(MmPyramidConfig, levels=positive, swapped=st.booleans()),
)
DECODER_CONFIGS = st.one_of(
    st.builds(MmilConfig, blocks=st.integers(0, 9)),
    st.builds(LeapConfig, blocks=positive, variant=st.sampled_from(["paper", "release"])),
    st.builds(EvidentialConfig),
)
SCHEDULE_CONFIGS = st.one_of(
    st.builds(CosineSchedule, warmup=st.integers(0, 99)),
    st.builds(StepSchedule, period=positive),
    st.builds(EpochCosineSchedule, warmup=positive),
)
MODEL = {"encoder": ENCODER_CONFIGS, "decoder": DECODER_CONFIGS, "width": positive, "dropout": dropout}
CONFIGS = st.builds(
    RunConfig,
    dataset=st.text(),
    model=st.one_of(
        st.builds(ModelConfig, **MODEL),
        st.builds(JomoldConfig, visual_dropout=dropout, **MODEL),
        st.builds(CmpaeConfig, cross_weight=unit, **MODEL),
    ),
    loss=st.builds(
        LossConfig, avss=st.none() | st.builds(AvssConfig, weight=st.floats(0, 1e6, exclude_min=True))
    ),
    train=st.builds(
        TrainConfig,
        lr=st.floats(0, 1, exclude_min=True),
        videos=st.none() | positive,
        schedule=SCHEDULE_CONFIGS,
    ),
    protocol=st.builds(
        Protocol,
        segment=unit,
        gate=st.just("modality"),
        class_thresholds=st.one_of(st.none(), st.lists(unit).map(tuple)),
    ),
    seed=st.integers(0, 2**31 - 1),
)


def leaves(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def changed(**leaf):
    """Plain values of the default config with leaves (``train__lr=…``) changed or added."""
    values = to_dict(RunConfig())
    for path, value in leaf.items():
        *groups, name = path.split("__")
        group = values
        for part in groups:
            group = group[part]
        if name == "name":  # another part, which has keys of its own
            group.clear()
            group.update(value)
        else:
            group[name] = value
    return values


def key(values):
    return run_key(from_dict(values), "checksum")


@given(CONFIGS)
def test_round_trip_through_json(config):
    assert from_dict(json.loads(canonical_json(to_dict(config)))) == config


def test_missing_keys_take_the_defaults():
    assert from_dict({}) == RunConfig()
    assert from_dict({"train": {"lr": 1}}) == RunConfig(train=TrainConfig(lr=1.0))


def test_canonical_json_is_sorted_and_dense():
    assert canonical_json({"b": 1, "a": {"d": [2, 1], "c": None}}) == '{"a":{"c":null,"d":[2,1]},"b":1}'
    with pytest.raises(ValueError):
        canonical_json({"a": float("nan")})


def test_every_field_is_in_the_table():
    assert set(CHANGED) == {path for path, _ in leaves(to_dict(RunConfig()))}


def test_every_field_changes_the_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("glove.npy").write_bytes(b"labels")
    keys = {key(to_dict(RunConfig()))}
    for path, value in CHANGED.items():
        gate = {"protocol__gate": "modality"} if path == "protocol.class_thresholds" else {}
        keys.add(key(changed(**gate, **{path.replace(".", "__"): value})))
    assert len(keys) == 1 + len(CHANGED)


def reversed_keys(value):
    if not isinstance(value, dict):
        return value
    return {name: reversed_keys(value[name]) for name in reversed(value)}


@given(CONFIGS)
def test_key_does_not_depend_on_the_order_of_keys(config):
    values = to_dict(config)
    shuffled = reversed_keys(values)
    assert list(shuffled) != list(values)
    assert key(shuffled) == key(values)


def test_key_does_not_depend_on_how_a_number_is_written():
    assert key(changed(train__lr=1)) == key(changed(train__lr=1.0))


@pytest.mark.parametrize(
    ("leaf", "where"),
    [
        ({"sead": 0}, "sead"),
        ({"train__learning_rate": 0.1}, "train.learning_rate"),
        ({"model__encoder__depth": 1}, "model.encoder.depth"),
        ({"model__encoder__layers": 0}, "model.encoder.layers"),
        ({"seed": "0"}, "seed"),
        ({"seed": 0.5}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"train": [1]}, "train"),
        ({"train__epochs": None}, "train.epochs"),
        ({"train__batch": 0}, "train.batch"),
        ({"train__lr": 0}, "train.lr"),
        ({"loss__avss": {"weight": -1.0}}, "loss.avss.weight"),
        ({"loss__avss": {"weight": 0.0}}, "loss.avss.weight"),
        ({"loss__avss": {"variant": "papers"}}, "loss.avss.variant"),
        ({"model__dropout": 1.0}, "model.dropout"),
        ({"model__dropout": 0.001}, "model.dropout"),
        ({"model__decoder__variant": "papers"}, "model.decoder.variant"),
        ({"protocol__segment": 1.5}, "protocol.segment"),
        ({"protocol__class_thresholds": [0.5]}, "protocol"),
        ({"split": "train"}, "split"),
    ],
)
def test_bad_values_are_one_line_naming_file_and_key(leaf, where, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(changed(**leaf)))
    with pytest.raises(LeapError) as error:
        read_config(path)
    message = str(error.value)
    assert message.startswith(f"{path}: {where}: ")
    assert "\n" not in message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_json_does_not_have_are_refused(value, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(changed(train__lr=value)))
    with pytest.raises(LeapError, match=r"run.json: not JSON \(-?(NaN|Infinity) is not a finite number\)"):
        read_config(path)
    with pytest.raises(LeapError, match=r"train\.lr"):
        from_dict(changed(train__lr=value))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"seed: 1",
        b"\xff\xfe",
        b"[1",
        b"[]",
        b"3",
        b"null",
        b"[" * 10**5,
        b'{"a\\nb": 1}',
        b'{"seed": 1, "seed": 2}',
    ],
)
def test_what_is_not_a_config_is_one_line(content, tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(LeapError) as error:
        read_config(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_missing_file_is_one_line(tmp_path):
    for path in (tmp_path / "run.json", tmp_path):
        with pytest.raises(LeapError) as error:
            read_config(path)
        assert str(error.value).startswith(f"{path}: cannot be read")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_config_of_windows_programs_is_read(encoding, tmp_path, monkeypatch):
    content = '{"seed": 7}\r\n'.encode(encoding)
    (tmp_path / "run.json").write_bytes(content)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
    assert read_config(tmp_path / "run.json") == read_config("-") == RunConfig(seed=7)


def test_read_from_a_file_and_from_standard_input(tmp_path, monkeypatch):
    text = '{"seed": 7}'
    (tmp_path / "run.json").write_text(text)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(text.encode())))
    assert read_config(tmp_path / "run.json") == read_config("-") == RunConfig(seed=7)


@pytest.mark.parametrize(("path", "value"), OPTIONAL.items())
def test_optional_fields_change_the_key_except_at_their_default(path, value):
    values = changed(**{path.replace(".", "__"): value})
    assert path not in dict(leaves(to_dict(RunConfig())))
    assert key(values) != key(to_dict(RunConfig()))
    assert from_dict(json.loads(canonical_json(to_dict(from_dict(values))))) == from_dict(values)


@pytest.mark.parametrize("registry", [ENCODERS, DECODERS, PARSERS, LOSSES, SCHEDULES], ids=lambda r: r.kind)
def test_every_part_survives_json_at_its_defaults_and_beyond(registry):
    kinds = [part.config for part in registry.parts.values()]
    found = [kind() for kind in kinds] + [other for other in OTHERS if type(other) in kinds]
    texts = [canonical_json(plain_values(part)) for part in found]
    assert [registry.parse(json.loads(text)) for text in texts] == found
    assert len(set(texts)) == len(set(found))


def test_the_key_of_the_default_config_stays():
    """It names committed runs, so a change of the default or of the plain form shows here."""
    assert run_key(RunConfig(), "checksum", revision=1) == "1a6ccc0dc787e860"


CMPAE = {"name": "cmpae"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"thresholds_on_val": True}, "thresholds_on_val belongs to"),
        ({"loss": {"basic": CMPAE}}, 'loss "cmpae" needs the model "cmpae" with the decoder "evidential"'),
        ({"loss": {"basic": CMPAE}, "model": {"name": "jomold"}}, 'needs the model "cmpae"'),
        ({"loss": {"basic": CMPAE}, "model": CMPAE | {"decoder": {"name": "mmil"}}}, 'decoder "evidential"'),
    ],
)
def test_parts_without_what_they_need_are_refused(values, message):
    with pytest.raises(LeapError, match=rf"^config: [^\n]*{message}[^\n]*$"):
        from_dict(values)


def test_cmpae_trains_its_own_model():
    config = from_dict({"loss": {"basic": CMPAE}, "model": CMPAE})
    assert (config.model, config.loss.basic) == (CmpaeConfig(), CmpaeLossConfig())
    with pytest.raises(ValidationError, match='needs the model "cmpae"'):
        RunConfig(loss=LossConfig(basic=CmpaeLossConfig()))


@pytest.mark.parametrize("rate", [0.001, 1 / 129, -0.1, 1.0])
def test_a_dropout_rate_is_zero_or_survives_rounding(rate):
    """Half of it is the rate on attention weights, which is rounded to a multiple of 1/256."""
    for make in (ModelConfig, JomoldConfig):
        with pytest.raises(ValidationError, match="dropout"):
            make(dropout=rate)
    with pytest.raises(ValidationError, match="visual_dropout"):
        CmpaeConfig(visual_dropout=rate)
    assert ModelConfig(dropout=1 / 128).dropout == 1 / 128
    assert ModelConfig(dropout=0.0).dropout == 0


def test_configs_are_never_changed():
    with pytest.raises(FrozenInstanceError):
        RunConfig().seed = 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"train": {"betas": [0.9, 1.5]}}, r"train\.betas\.1: .* less than 1"),
        ({"noise": {"misses": 0.2, "of": "avss"}}, 'noise of "avss": no such loss'),
        ({"noise": {"misses": 0.2}, "loss": {"basic": {"name": "han"}}}, 'noise of "all": no such loss'),
        ({"noise": {"bursts": True}}, "bursts belong to noise with misses or false_alarms"),
        ({"smoothing": {"audio": "auto"}, "loss": {"basic": {"name": "han"}}}, "smoothing: no loss learns"),
        ({"unseen": ["dog"], "model": {"decoder": {"name": "mmil"}}}, 'unseen: needs the decoder "leap" and'),
        ({"unseen": ["dog"], "model": CMPAE | {"decoder": {"name": "leap"}}}, "without weights per class"),
        ({"unseen": ["dog"], "model": {"labels": "learned"}}, "unseen: no label embeddings of these classes"),
        (
            {"unseen": ["dog"], "thresholds_on_val": True, "protocol": {"gate": "modality"}},
            "unseen: these classes can have no thresholds",
        ),
        (
            {"unseen": ["dog"], "protocol": {"gate": "modality", "class_thresholds": [0.5]}},
            "unseen: these classes can have no thresholds",
        ),
        ({"supervision": "dense", "loss": {"basic": {"name": "han"}}}, 'supervision "dense": no loss learns'),
        ({"supervision": "dense", "smoothing": {"audio": "hmm"}}, "true dense labels have no errors"),
        ({"model": {"dropout": 0.001}}, r"model\.dropout: a dropout rate is 0 or at least 1/128"),
    ],
)
def test_what_would_change_nothing_or_fail_later_is_refused(values, message):
    with pytest.raises(LeapError, match=message):
        from_dict(values)
