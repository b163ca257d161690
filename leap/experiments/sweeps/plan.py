"""The plan of a sweep: the config and its axes, checked before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

from leap.config import RunConfig, from_dict, not_json, read_config_text, to_dict
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.runs import check_run
from leap.experiments.sweeps.axes import Axis, parse_axis
from leap.io.strict_json import parse_json

KEPT = "the data set, the split, the seed, the unseen classes and train.selection are the same in all trials"


@dataclass(frozen=True)
class Plan:
    """What a sweep varies.

    Attributes:
        base: the run config.
        written: its plain values as they were written, without defaults.
        axes: the fields to vary.
        seeds: number of runs per trial, whose seeds count up from the config's.
    """

    base: RunConfig
    written: dict[str, Any]
    axes: tuple[Axis, ...]
    seeds: int = 1

    def config(self, values: Mapping[str, Any], source: str = "sweep") -> RunConfig:
        """The config with values of fields, by dotted path.

        Raises:
            LeapError: the config refuses a value; the message begins with ``source``.
        """
        changes = {tuple(field.split(".")): value for field, value in values.items()}
        return from_dict(changed(to_dict(self.base), self.written, changes), source)

    def runs(self, values: Mapping[str, Any]) -> list[RunConfig]:
        """The runs of a trial, which are scored on the validation split: one per seed."""
        config = replace(self.config(values), split="val")
        return [replace(config, seed=config.seed + offset) for offset in range(self.seeds)]

    def identity(self) -> dict[str, Any]:
        """What must be the same in every call that continues a sweep, as plain values."""
        axes = [[type(axis).__name__, *map(_plain, vars(axis).values())] for axis in self.axes]
        return {"config": to_dict(self.base), "fields": axes, "seeds": self.seeds}


def changed(
    full: Mapping[str, Any], written: Mapping[str, Any], changes: Mapping[tuple[str, ...], Any]
) -> dict[str, Any]:
    """Plain values of a config with some of them changed.

    A part that gets another name keeps what was written of it, and has the defaults of the new part besides.

    Args:
        full: values with all defaults.
        written: values without defaults.
        changes: path of a field → value.

    Example:
        >>> part = {"name": "leap", "heads": 2}
        >>> changed(part | {"variant": "paper"}, part, {("name",): "mmil"})
        {'name': 'mmil', 'heads': 2}
        >>> changed({"decoder": part}, {}, {("decoder", "heads"): 4})
        {'decoder': {'name': 'leap', 'heads': 4}}
    """
    renamed = changes.get(("name",), full.get("name")) != full.get("name")
    values = dict(written if renamed else full)
    for key in dict.fromkeys(path[0] for path in changes):
        below = {path[1:]: value for path, value in changes.items() if path[0] == key}
        inner = _table(values.get(key)), _table(written.get(key))
        values[key] = below[()] if () in below else changed(*inner, below)
    return values


def read_plan(path: Path, settings: Sequence[str], seeds: int = 1) -> Plan:
    """Read a config and parse the fields to vary.

    Args:
        path: JSON file of the config; ``-`` for standard input.
        settings: values of ``--set``, see `leap.experiments.sweeps.axes.parse_axis`.
        seeds: number of runs per trial.

    Raises:
        LeapError: the config cannot be read, a setting cannot be parsed, or two settings overlap.
    """
    axes = tuple(map(parse_axis, settings))
    for first, second in combinations(sorted(axis.field for axis in axes), 2):
        if f"{second}.".startswith(f"{first}."):
            raise LeapError(f"--set {first} and --set {second} overlap; give one of them")
    text, source = read_config_text(path)
    try:
        written = parse_json(text)
    except ValueError as error:
        raise not_json(source, error) from None
    return Plan(from_dict(written, source), written, axes, seeds)


def check_plan(plan: Plan, store: FeatureStore) -> None:
    """Refuse fields and values that cannot be trained, before anything is trained.

    Every value is checked with the first values of the other fields, and every pair of values of two fields
    by the config. Of ranges, the values are those of ``values_to_check``.

    Raises:
        LeapError: a field does not exist or may not vary, or a value does not fit it, the other fields or the
            data set; the message names field and value.
    """
    check_run(replace(plan.base, split="val"), store)
    known = {axis.field: axis.values_to_check() for axis in plan.axes}
    first = {field: values[0] for field, values in known.items()}
    for field, values in known.items():
        for value in values:
            _check_values(plan, first, {field: value}, store)
    for pair in combinations(known, 2):
        for both in product(*(known[field] for field in pair)):
            _check_values(plan, first, dict(zip(pair, both, strict=True)))


def _check_values(
    plan: Plan, first: Mapping[str, Any], values: Mapping[str, Any], store: FeatureStore | None = None
) -> None:
    source = " with ".join(f"--set {field}={_plain(value)}" for field, value in values.items())
    config = plan.config({**first, **values}, source)
    if _kept(config) != _kept(plan.base):
        raise LeapError(f"{source}: {KEPT}; set it in the config")
    if store:
        try:
            check_run(replace(config, split="val"), store)
        except LeapError as error:
            raise LeapError(f"{source}: {error}") from None


def _kept(config: RunConfig) -> tuple[object, ...]:
    return config.dataset, config.split, config.seed, config.unseen, config.train.selection


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    """A value as a message shows it and a study stores it: texts and numbers as they are, else JSON."""
    return value if isinstance(value, str | int | float) else json.dumps(value)
