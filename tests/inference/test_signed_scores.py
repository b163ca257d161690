import json
from dataclasses import replace

import numpy as np
import pytest

from leap.config import Protocol
from leap.data.annotations import ANNOTATED, write_events
from leap.data.llp import sources
from leap.data.llp.pack import Packing, pack_llp
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.inference.scored_predictions import predictions_of_parser, tables_on_llp, tables_on_store
from leap.inference.signed_scores import (
    check_signed,
    is_official,
    read_signed,
    score_and_sign,
    signature,
    truth_sha256,
    write_signed,
)
from leap.metrics import SCORES, parsing_scores
from tests.official_tree import make_up_tree

STATED = {"system": "Größe $x$", "leap": "0.1.0", "source": "https://example.org", "labels": "weak"}


@pytest.fixture
def tables(tmp_path, tiny_store):
    """Tables of random events on the test split of ``tiny``."""
    ids, rng = tiny_store.ids("test"), np.random.default_rng(0)
    paths = tmp_path / "audio.tsv", tmp_path / "visual.tsv"
    for path in paths:
        write_events(path, ids, rng.random((len(ids), 4, 3)) < 0.5, tiny_store.classes)
    return paths


@pytest.fixture
def found(tiny_store, tables):
    return tables_on_store(tiny_store, "test", *tables)


@pytest.fixture
def signed(found, tables, tmp_path):
    """A signed file, and what it holds."""
    scores = score_and_sign(found, "tiny", "test", tables, **STATED)
    write_signed(scores, tmp_path / "signed.json")
    return tmp_path / "signed.json", scores


def test_a_file_says_what_was_signed(signed, found):
    path, scores = signed
    assert read_signed(path) == scores
    assert scores.scores == parsing_scores(*found.cubes)
    assert (scores.system, scores.videos, scores.protocol) == ("Größe $x$", 6, None)
    values = json.loads(path.read_text(encoding="utf-8"))
    assert values.pop("signature") == signature(values)
    assert list(values["scores"]) == list(SCORES)


@pytest.mark.parametrize(
    ("key", "value"),
    [("system", "Other"), ("split", "val"), ("scores", {}), ("annotations", "0" * 64), ("note", "new")],
)
def test_any_change_is_found(key, value, signed):
    path, _ = signed
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(LeapError, match=r"signed.json: was changed after it was signed"):
        read_signed(path)


def test_another_layout_of_the_same_json_is_no_change(signed):
    path, scores = signed
    values = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(values.items())), separators=(",", ":")))
    assert read_signed(path) == scores


WRONG = {
    "system": ["", "two\nlines", " x", "x" * 301, 5],
    "split": ["full"],
    "videos": [0, -1, "6"],
    "scores": [{}, dict.fromkeys(SCORES, 101.0), dict.fromkeys(SCORES, -0.1), {"seg_a": 1.0}],
    "annotations": ["abc", "G" * 64],
    "tables": [{}, {"audio": "0" * 64}],
    "protocol": [{"segment": 2.0}, "han"],
    "date": ["yesterday", "2026-1-1", "20260101"],
    "format": ["leap-signed-scores-2"],
    "note": ["unknown key"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, some in WRONG.items() for value in some])
def test_a_valid_signature_over_wrong_values_is_refused(key, value, signed):
    path, _ = signed
    values = json.loads(path.read_text()) | {key: value}
    del values["signature"]
    path.write_text(json.dumps(values | {"signature": signature(values)}))
    with pytest.raises(LeapError) as refused:
        read_signed(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert str(refused.value).endswith("; sign the predictions again")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "give a file of `leap predictions sign`"),
        (b"\xff\xfe\xff", "give a file of"),
        (b"[" * 10**5, "nested too deeply"),
        (b"[]", "has no signature"),
        (b'{"signature": 5}', "has no signature"),
        (b'{"signature": "x", "a": NaN}', "not a finite number"),
        (b'{"signature": "x", "signature": "x"}', "occurs twice"),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(LeapError, match=r"x\.json: ") as refused:
        read_signed(tmp_path / "x.json")
    assert message in str(refused.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(LeapError, match="no such file; give a file of"):
        read_signed(tmp_path / "x.json")


def test_scores_that_follow_from_the_tables_pass(signed, found, tables):
    check_signed(signed[1], found, tables)


def test_other_tables_annotations_and_scores_are_refused(signed, found, tables):
    _, scores = signed
    with pytest.raises(LeapError, match=r"visual.tsv: is not the audio table of Größe"):
        check_signed(scores, found, (tables[1], tables[1]))
    true_audio = np.asarray(found.true_audio).copy()
    true_audio[0, 0, 0] = 1 - true_audio[0, 0, 0]
    with pytest.raises(LeapError, match="scored against other annotations of tiny"):
        check_signed(scores, replace(found, true_audio=true_audio), tables)
    invented = replace(scores, scores=scores.scores | {"evt_av": 99.0})
    with pytest.raises(LeapError, match=r"evt_av of Größe \$x\$ is said to be 99.00, but the tables score"):
        check_signed(invented, found, tables)
    rounded = replace(scores, scores={name: score + 1e-9 for name, score in scores.scores.items()})
    check_signed(rounded, found, tables)


def test_the_ground_truth_of_files_and_of_their_store_is_the_same(tmp_path):
    root = make_up_tree(tmp_path, {"train": 2, "val": 3, "test": 4})
    pack_llp(root, root / "llp.h5", Packing())
    table = tmp_path / "events.tsv"
    write_events(table, (), np.zeros((0, 10, 25)))
    with FeatureStore(root / "llp.h5") as store:
        stored = {split: truth_sha256(tables_on_store(store, split, table, table)) for split in ANNOTATED}
    read = {s: truth_sha256(tables_on_llp(root / "annotations", s, table, table)) for s in ANNOTATED}
    assert stored == read
    assert len(set(read.values())) == 2


def test_the_checksum_of_a_ground_truth_depends_on_what_it_says(found):
    as_floats = replace(found, true_audio=np.asarray(found.true_audio, np.float32))
    assert truth_sha256(as_floats) == truth_sha256(found)
    for other in (
        replace(found, videos=found.videos[::-1]),
        replace(found, classes=found.classes[::-1]),
        replace(found, true_audio=found.true_visual, true_visual=1 - np.asarray(found.true_audio)),
    ):
        assert truth_sha256(other) != truth_sha256(found)


def test_only_the_official_annotations_of_llp_are_official(signed, monkeypatch):
    _, scores = signed
    monkeypatch.setitem(sources.TRUTH_SHA256, "test", scores.annotations)
    assert is_official(replace(scores, dataset="llp"))
    assert not is_official(scores)
    assert not is_official(replace(scores, dataset="llp", split="val"))


def test_a_parsers_protocol_is_part_of_the_file(tiny_records, tiny_config, tiny_store, tiny_results, tables):
    from leap.experiments.runs import run_folder

    folder = run_folder(tiny_config, tiny_store, tiny_results)
    found = predictions_of_parser(folder, tiny_store, "test", "jomold")
    assert score_and_sign(found, "tiny", "test", tables, **STATED).protocol == Protocol(gate="modality")


def test_a_wrong_name_is_refused_before_anything_is_written(found, tables):
    with pytest.raises(LeapError, match=r"^system: must be one line of printable characters"):
        score_and_sign(found, "tiny", "test", tables, **STATED | {"system": "a\tb"})
