"""Files of torch (released checkpoints, label embeddings), and parsers of this package."""

import io
import json
import zipfile
from dataclasses import asdict
from functools import cache

import torch
from safetensors.torch import load as tensors_of
from safetensors.torch import save as bytes_of

from leap.config import LeapConfig, ModelConfig, Protocol
from leap.io.tensor_file import read_checkpoint
from leap.label_embeddings import read_label_embeddings
from leap.models.checkpoint import CONFIG, FILE, Description, load_parser, save_parser
from leap.models.parser import build_parser
from leap.releases import from_release
from tests.golden_files import Golden
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_bytes, mutated_json
from tests.soak.readers.json_files import holds

ODD = (
    lambda: torch.zeros(1).expand(30_000, 10_000),
    lambda: torch.empty(10**6, 10**6, device="meta"),
    lambda: torch.eye(3).to_sparse(),
    lambda: torch.full((4, 6), torch.nan),
    lambda: torch.zeros(4, 6, dtype=torch.complex64),
    lambda: torch.zeros(()),
    lambda: torch.zeros(10**5, 1),
    lambda: torch.zeros(0, 5),
    lambda: [1.0, 2.0],
    lambda: "text",
    lambda: {"a": torch.zeros(2)},
)
"""What may stand where a tensor should."""

NAMES = (7, "x", "hat_encoder.layers.1000000000.linear1.weight", "hat_encoder.layers.3.linear1.weight")


def saved(content, zipped=True) -> bytes:
    """A file as torch writes it now, or as it did before 2020."""
    torch.save(content, file := io.BytesIO(), _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def repacked(rng, content) -> bytes:
    """A zip archive with a damaged member whose checksum fits, perhaps compressed."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    damaged = rng.choice(("data.pkl", "data.pkl", "data/0", "byteorder", "version"))
    with zipfile.ZipFile(target, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
        for name in source.namelist():
            member = source.read(name)
            file.writestr(name, mutated_bytes(rng, member) if name.endswith(damaged) else member)
    return target.getvalue()


def other_entries(rng, table):
    """A table in which one entry is another's, odd, missing, or of another name."""
    key, other = rng.sample(sorted(table), 2)
    entries = rng.choice(({}, {key: table[other]}, {key: rng.choice(ODD)()}, {rng.choice(NAMES): table[key]}))
    return {name: value for name, value in table.items() if name != key} | entries


def damaged(rng, table) -> tuple[bytes, bool]:
    """A file of a table, and whether its content has a checksum that must still be right."""
    change = rng.randrange(4)
    if change == 0:
        return saved(other_entries(rng, table)), False
    content = saved(table, zipped=change < 3)
    return (repacked(rng, content), False) if change == 1 else (mutated_bytes(rng, content), change == 2)


@cache
def released():
    """A checkpoint of HAN."""
    golden = Golden("han_mmil")
    return {key[6:]: golden[key] for key in golden.arrays if key.startswith("param/")}


@cache
def imported():
    """The parser of it."""
    return from_release("han", released(), 1).state_dict()


def read_a_release(folder, rng):
    content, intact = damaged(rng, released())
    (path := folder / "han.pt").write_bytes(content)
    return folder, intact, from_release("han", read_checkpoint(path), 1)


def check_release(folder, intact, parser):
    found = parser.state_dict()
    if intact:
        assert all(torch.equal(found[name], tensor) for name, tensor in imported().items())
    if parser.description is not None:
        check_kept(folder, parser)


def check_kept(folder, parser):
    """What is saved of a parser is read again."""
    save_parser(parser, parser.description, folder / "again.safetensors")
    again, description = load_parser(folder / "again.safetensors")
    assert description == parser.description
    assert all(torch.equal(again.state_dict()[name], value) for name, value in parser.state_dict().items())


VECTORS = {name: torch.arange(6.0) + i for i, name in enumerate(("kettle", "tap", "chop"))}


def read_labels(folder, rng):
    content, intact = damaged(rng, VECTORS)
    (path := folder / "labels.pt").write_bytes(content)
    return intact, read_label_embeddings(path, len(VECTORS))


def check_labels(intact, labels):
    assert len(labels) == len(VECTORS)
    assert labels.isfinite().all()
    assert not intact or torch.equal(labels, torch.stack(list(VECTORS.values())))


@cache
def parser_file() -> bytes:
    """A small parser, described in its metadata."""
    model = ModelConfig(decoder=LeapConfig(blocks=1), width=4, ffn=4)
    parser = build_parser(model, {"audio": 3, "visual_2d": 4}, torch.arange(6.0).reshape(2, 3))
    description = Description(model, Protocol(), ("kettle", "tap"), {"audio": 3, "visual_2d": 4})
    return bytes_of(parser.state_dict(), {"description": json.dumps(asdict(description))})


def parts(content):
    """Header and data of a safetensors file."""
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def joined(header: bytes, data) -> bytes:
    return len(header).to_bytes(8, "little") + header + data


def read_a_parser(folder, rng):
    """Bytes of the file, its header, its description, both copies of that, or the config are damaged."""
    content, (header, data) = parser_file(), parts(parser_file())
    text = mutated_json(rng, json.loads(header["__metadata__"]["description"])).decode("utf-8", "replace")
    damage = rng.choice(("bytes", "header", "description", "folder", "config"))
    (folder / CONFIG).write_text(text)
    if damage == "bytes":
        content = mutated_bytes(rng, content)
    elif damage == "header":
        content = joined(mutated_json(rng, header), data)
    elif damage in ("description", "folder"):
        header["__metadata__"]["description"] = text
        content = joined(json.dumps(header).encode(), data)
    (folder / FILE).write_bytes(content)
    parser, description = load_parser(folder if damage in ("folder", "config") else folder / FILE)
    changed = text if damage in ("description", "folder", "config") else None
    return folder, content, changed, parser, description


def check_parser(folder, content, text, parser, description):
    found, stored = parser.state_dict(), tensors_of(content)
    assert found.keys() == stored.keys()
    assert all(torch.equal(found[name], tensor.float()) for name, tensor in stored.items())
    assert all(tensor.isfinite().all() for tensor in found.values())
    assert len(description.classes) == len(found["label_embedding"])
    assert text is None or holds(asdict(description), json.loads(text))
    inputs = [torch.zeros(1, 2, description.widths[name]) for name in ("audio", "visual_2d")]
    assert parser(*inputs).segment_audio.shape == (1, 2, len(description.classes))
    check_kept(folder, parser)


KINDS = {
    "released checkpoints": Kind(300, 10_000, read_a_release, check_release, lazy=True),
    "label embeddings of torch": Kind(500, 20_000, read_labels, check_labels, lazy=True),
    "trained parsers": Kind(300, 10_000, read_a_parser, check_parser),
}
