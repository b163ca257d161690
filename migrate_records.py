"""Rewrite the committed run records from SCHEMA 1 to SCHEMA 2: configs and keys in the new form, numbers untouched.

Run once from the root of the repository. Records already of SCHEMA 2 are left as they are.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from leap.config import from_dict, to_dict
from leap.training.run import run_key

Values = dict[str, Any]
ENCODERS: dict[str, Values] = {
    "han": {"name": "han"},
    "han-unimodal": {"name": "han", "cross_weight": 0.0},
    "cmpae": {"name": "han", "cross_weight": 0.8},
    "valor": {"name": "valor"},
    "valor-pre-norm": {"name": "valor", "pre_norm": True},
    "mm-pyramid": {"name": "mm-pyramid"},
    "mm-pyramid-swapped": {"name": "mm-pyramid", "swapped": True},
}


def encoder(old: Values) -> Values:
    new = ENCODERS[old["name"]]
    return {
        **new,
        "levels" if new["name"] == "mm-pyramid" else "layers": old["layers"],
        "heads": old["heads"],
    }


def decoder(old: Values) -> Values:
    if old["name"] == "cmpae":
        return {"name": "evidential"}
    if old["name"] == "mmil":
        return {name: old[name] for name in ("name", "blocks", "heads")}
    return old


def model(old: Values) -> Values:
    old = dict(old)
    elu, branch = old.pop("elu", False), old.pop("global_branch", False)
    dropout, cross = old.pop("visual_dropout", 0.0), old.pop("cross_share", 1.0)
    new = old | {"encoder": encoder(old["encoder"]), "decoder": decoder(old["decoder"])}
    if elu or branch:
        assert elu and branch
        return new | {"name": "cmpae", "visual_dropout": dropout, "cross_weight": cross}
    assert cross == 1.0
    return new | ({"name": "jomold", "visual_dropout": dropout} if dropout else {"name": "standard"})


def loss(old: Values) -> Values:
    basic: Values = {"name": old.get("basic", "leap")}
    if basic["name"] == "cmpae":
        basic |= {"denoise": old.get("denoise", False), "warmup": old.get("warmup", "step")}
    variant = "confident" if old.get("confident") else old["avss"]
    weight = old["weight_avss"]
    return {"basic": basic, "avss": {"weight": weight, "variant": variant} if weight else None}


def train(old: Values) -> Values:
    old = dict(old)
    warmup, schedule = old.pop("warmup"), old.pop("schedule", {"name": "cosine"})
    if schedule["name"] == "cosine":
        new: Values = {"name": "cosine", "warmup": warmup}
    elif schedule["name"] == "drops":
        new = {"name": "step", "period": schedule["period"], "factor": schedule["factor"]}
    else:
        new = {"name": "epoch-cosine", "warmup": schedule["period"], "final": schedule["factor"]}
    return {**old, "schedule": new}


def migrate(record: Values) -> Values:
    if record["schema"] == 2:
        return record
    old = record["config"]
    parts = {"model": model(old["model"]), "loss": loss(old["loss"]), "train": train(old["train"])}
    config = from_dict(old | parts)
    selection = {"epoch": record["selection"]["epoch"], "score": record["selection"]["seg_type"]}
    new = {("diagnostics" if name == "probes" else name): value for name, value in record.items()}
    key = run_key(config, record["data"]["checksum"], record["revision"])
    return new | {"schema": 2, "key": key, "config": to_dict(config), "selection": selection}


def main() -> None:
    for path in sorted(Path("results/records").glob("*.jsonl.gz")):
        records = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        lines = [json.dumps(migrate(record), allow_nan=False) + "\n" for record in records]
        path.write_bytes(gzip.compress("".join(lines).encode(), compresslevel=9, mtime=0))
        print(f"{path}: {len(lines)} records, {path.stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
