"""Configs, prompts, run records and the manifest of weights, against a second reading by the json module."""

import gzip
import json
from dataclasses import asdict, replace
from hashlib import sha256

from leap.config import NoiseConfig, Protocol, from_dict, read_config, to_dict
from leap.experiments.records import SCHEMA, Record, read_record, read_records, write_record, write_records
from leap.features.prompts import read_prompt_set
from leap.features.weights import MANIFEST, verify_weights
from leap.label_embeddings.prompts import read_prompts
from leap.presets import preset
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_bytes, mutated_json, mutated_text, respelt_json

CONFIG = to_dict(
    replace(
        preset("valor++", "av-digits"),
        protocol=Protocol(segment=0.25, gate="modality", class_thresholds=(0.25, 0.5, 1)),
        noise=NoiseConfig(misses=0.25, of="basic"),
        seed=7,
    )
)
CLASSES = ("kettle", "Tap_running")
PROMPTS = {"kettle": ["a boiling kettle", "steam, it whistles"], "Tap_running": ["water ünd a tap"]}
PROMPT_SET = {
    "scores": "softmax",
    "classes": {
        name: {"seen": {"text": f"A photo of {name}.", "threshold": 0.2}, "heard": {"text": f"{name}"}}
        for name in CLASSES
    },
}
RECORD = {
    "schema": SCHEMA,
    "key": "0123456789abcdef",
    "revision": 2,
    "config": CONFIG,
    "seed": 7,
    "protocol": CONFIG["protocol"],
    "data": {"name": "av-digits", "checksum": "0" * 64},
    "selection": {"epoch": 3, "score": 61.25},
    "metrics": {"seg_a": 60.5, "evt_av": 48.125},
    "per_video": {"seg_a": [0.0, 0.5, 1.0], "evt_av": [0.25, 1.0, 0.333333]},
    "segments": {"audio": {"precision": 71.5, "ap": 80.0}},
    "history": [{"loss": 1.5, "seg_type": 40.0}, {"loss": 0.75, "seg_type": 61.25}],
    "code": {"version": "0.1", "commit": None, "changed": False},
    "libraries": {"torch": "2.6"},
    "device": {"name": "cpu", "threads": 1},
    "seconds": 12.5,
    "diagnostics": {"peak_audio": 41.5},
    "readings": {"ungated": {"seg_a": 41.5}},
}
WEIGHTS = b"the weights of a network"
SUMS = {"vggish.safetensors": sha256(WEIGHTS).hexdigest(), "clip/model.safetensors": "0" * 64}


def damaged(rng, value, other):
    """A value as damaged JSON."""
    text = json.dumps(value).encode()
    if rng.random() < 0.5:
        return mutated_json(rng, json.loads(text))
    return mutated_text(rng, text, json.dumps(other).encode())


def given_by(content):
    """The values of a JSON text, no key of which stands twice."""
    pairs = []
    value = json.loads(content, object_pairs_hook=lambda table: pairs.append(table) or dict(table))
    assert all(len(dict(table)) == len(table) for table in pairs)
    return value


def holds(found, given):
    """Whether every value of a file is in what was read of it, as it is."""
    if isinstance(given, dict):
        return isinstance(found, dict) and all(k in found and holds(found[k], v) for k, v in given.items())
    if isinstance(given, list):
        return len(found) == len(given) and all(map(holds, found, given))
    if isinstance(found, float):
        return type(given) in (int, float) and found == float(given)
    return type(found) is type(given) and found == given


def read_a_config(folder, rng):
    (path := folder / "config.json").write_bytes(content := damaged(rng, CONFIG, RECORD))
    return content, read_config(path)


def check_config(content, config):
    assert holds(asdict(config), given_by(content))
    assert from_dict(to_dict(config)) == config


def read_a_prompt_set(folder, rng):
    (path := folder / "prompts.json").write_bytes(content := damaged(rng, PROMPT_SET, PROMPTS))
    return content, read_prompt_set(str(path))


def check_prompt_set(content, prompt_set):
    values = given_by(content)
    assert holds(asdict(prompt_set), values)
    assert list(prompt_set.classes) == list(values["classes"])


def read_some_prompts(folder, rng):
    (path := folder / "prompts.json").write_bytes(content := damaged(rng, PROMPTS, PROMPT_SET))
    return content, read_prompts(path, CLASSES)


def check_prompts(content, prompts):
    assert given_by(content) == dict(zip(CLASSES, prompts, strict=True))
    assert all(isinstance(text, str) and text for texts in prompts for text in texts)


def read_a_record(folder, rng):
    (path := folder / "record.json").write_bytes(content := damaged(rng, RECORD, CONFIG))
    return path, content, read_record(path)


def check_record(path, content, record):
    assert holds(asdict(record), json.loads(content))
    write_record(record, path)
    assert read_record(path) == record


def read_many_records(folder, rng):
    """Records of which one may be damaged, compressed, and some bytes of that damaged, too."""
    lines = [json.dumps(RECORD | {"seed": seed}).encode() for seed in range(3)]
    lines[1] = rng.choice((lines[1], mutated_text(rng, lines[1])))
    packed = gzip.compress(b"\n".join(lines), 1)
    (path := folder / "records.jsonl.gz").write_bytes(rng.choice((packed, mutated_bytes(rng, packed))))
    return path, b"\n".join(lines), read_records(path)


def check_records(path, content, records):
    """What is read is what was compressed, as there is a checksum of it."""
    given = [json.loads(line) for line in content.splitlines()]
    assert all(holds(asdict(record), one) for record, one in zip(records, given, strict=True))
    write_records(records, path)
    assert read_records(path) == records


def read_manifest(folder, rng):
    (folder / "vggish.safetensors").write_bytes(WEIGHTS)
    (folder / MANIFEST).write_bytes(content := damaged(rng, SUMS, PROMPTS))
    verify_weights("vggish", folder)
    return (content,)


def check_manifest(content):
    table = given_by(content)
    assert table["vggish.safetensors"] == SUMS["vggish.safetensors"]
    assert not [file for file in table if file.startswith("vggish.safetensors/")]


def write_respelt(folder, rng):
    for name, value in {
        "config": CONFIG,
        "record": RECORD,
        "prompt_set": PROMPT_SET,
        "prompts": PROMPTS,
    }.items():
        (folder / f"{name}.json").write_bytes(respelt_json(rng, value))
    return (folder,)


def check_respelt(folder):
    assert to_dict(read_config(folder / "config.json")) == CONFIG
    assert read_record(folder / "record.json") == Record(**RECORD)
    assert holds(asdict(read_prompt_set(str(folder / "prompt_set.json"))), PROMPT_SET)
    assert read_prompts(folder / "prompts.json", CLASSES) == list(PROMPTS.values())


KINDS = {
    "run configs": Kind(2000, 100_000, read_a_config, check_config),
    "prompts of pseudo-labels": Kind(2000, 100_000, read_a_prompt_set, check_prompt_set),
    "prompts of label embeddings": Kind(2000, 100_000, read_some_prompts, check_prompts),
    "run records": Kind(2000, 100_000, read_a_record, check_record),
    "run records, compressed": Kind(1000, 20_000, read_many_records, check_records),
    "manifest of weights": Kind(2000, 80_000, read_manifest, check_manifest),
    "JSON: the same in other bytes": Kind(500, 10_000, write_respelt, check_respelt),
}
