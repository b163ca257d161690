import json
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap.config import (
    DecoderConfig,
    EncoderConfig,
    LossConfig,
    ModelConfig,
    Protocol,
    RunConfig,
    TrainConfig,
    canonical_json,
    from_dict,
    read_config,
    to_dict,
)
from leap.errors import LeapError
from leap.training.run import run_key

CHANGED = {
    "dataset": "llp",
    "model.encoder.name": "mm_pyramid",
    "model.encoder.layers": 2,
    "model.encoder.heads": 4,
    "model.decoder.name": "mmil",
    "model.decoder.blocks": 3,
    "model.decoder.heads": 8,
    "model.decoder.variant": "release",
    "model.width": 32,
    "model.ffn": 64,
    "model.dropout": 0.1,
    "model.labels": "glove.npy",
    "loss.weight_avss": 1.0,
    "loss.avss": "release",
    "train.epochs": 3,
    "train.batch": 16,
    "train.lr": 1e-3,
    "train.warmup": 0,
    "train.weight_decay": 0.0,
    "train.clip": 2.0,
    "train.videos": 100,
    "protocol.segment": 0.25,
    "protocol.gate": "modality",
    "protocol.gate_threshold": 0.45,
    "protocol.class_thresholds": [0.5, 0.6],
    "seed": 1,
    "split": "val",
}

ADDED = {
    "model.inputs": ["clap", "clip"],
    "model.elu": True,
    "model.global_branch": True,
    "model.visual_dropout": 0.5,
    "model.cross_share": 0.7,
    "model.precision": "bfloat16",
    "loss.basic": "han",
    "loss.warmup": "ramp",
    "train.optimizer": "adam",
    "train.betas": [0.5, 0.999],
    "train.schedule": {"name": "drops", "period": 6, "factor": 0.25},
    "train.selection": "mean",
    "train.ties": "earlier",
}
"""Fields that came later: left out at their defaults, so that the keys of older runs stay."""

positive = st.integers(1, 1000)
unit = st.floats(0, 1)
CONFIGS = st.builds(
    RunConfig,
    dataset=st.text(),
    model=st.builds(
        ModelConfig,
        encoder=st.builds(EncoderConfig, name=st.text(), layers=positive, heads=positive),
        decoder=st.builds(
            DecoderConfig, blocks=st.integers(0, 9), variant=st.sampled_from(["paper", "release"])
        ),
        width=positive,
        dropout=st.floats(0, 1, exclude_max=True),
    ),
    loss=st.builds(LossConfig, weight_avss=st.floats(0, 1e6)),
    train=st.builds(TrainConfig, lr=st.floats(0, 1, exclude_min=True), videos=st.one_of(st.none(), positive)),
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
        ({"seed": "0"}, "seed"),
        ({"seed": 0.5}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"train": [1]}, "train"),
        ({"train__epochs": None}, "train.epochs"),
        ({"train__batch": 0}, "train.batch"),
        ({"train__lr": 0}, "train.lr"),
        ({"train__lr": float("nan")}, "train.lr"),
        ({"train__lr": float("inf")}, "train.lr"),
        ({"loss__weight_avss": -1.0}, "loss.weight_avss"),
        ({"model__dropout": 1.0}, "model.dropout"),
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


def test_read_from_a_file_and_from_standard_input(tmp_path, monkeypatch):
    text = '{"seed": 7}'
    (tmp_path / "run.json").write_text(text)
    monkeypatch.setattr("sys.stdin", StringIO(text))
    assert read_config(tmp_path / "run.json") == read_config("-") == RunConfig(seed=7)


@pytest.mark.parametrize(("path", "value"), ADDED.items())
def test_fields_that_came_later_change_the_key_but_at_their_default(path, value):
    leaf = path.replace(".", "__")
    values = changed(**{leaf: value})
    assert path not in dict(leaves(to_dict(RunConfig())))
    assert key(values) != key(to_dict(RunConfig()))
    assert from_dict(json.loads(canonical_json(to_dict(from_dict(values))))) == from_dict(values)


def test_keys_of_committed_runs_stay():
    """The key of the default config as it was before fields were added."""
    assert run_key(RunConfig(), "checksum", revision=1) == "c55c8eb8ef073ecc"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"loss__denoise": True}, "denoise belongs to"),
        ({"loss__confident": True, "loss__avss": "release"}, "confident belongs to"),
        ({"thresholds_on_val": True}, "thresholds_on_val belongs to"),
    ],
)
def test_options_without_what_they_need_are_refused(values, message):
    with pytest.raises(LeapError, match=message):
        from_dict(changed(**values))
