import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from leap.errors import LeapError
from leap.experiments.records import read_record, read_records, write_record, write_records
from leap.experiments.runs import load_predictions, run_folder
from leap.metrics import parsing_scores


def test_one_record_round_trips(tiny_records, tmp_path):
    write_record(tiny_records[0], tmp_path / "record.json")
    assert read_record(tmp_path / "record.json") == tiny_records[0]


def test_many_records_round_trip_in_order_and_equal_bytes(tiny_records, tmp_path):
    first, second = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    write_records(tiny_records, first)
    write_records(iter(tiny_records), second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[4:8] == bytes(4)  # gzip's time of writing
    assert read_records(first) == tiny_records
    write_records(tiny_records[::-1], second)
    assert read_records(second) == tiny_records[::-1]


def test_a_record_leads_back_to_its_config(tiny_records, tiny_config):
    assert tiny_records[1].run_config() == replace(tiny_config, seed=1)


def refused(read, path):
    with pytest.raises(LeapError) as error:
        read(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def damaged(text):
    values = json.loads(text)
    yield b""
    yield text.encode()[:-2]
    yield b"\xff" + text.encode()
    yield b"[]"
    yield json.dumps(values | {"seed": "zero"}).encode()
    yield json.dumps(values | {"seed": str(values["seed"])}).encode()
    yield json.dumps(values | {"more": 1}).encode()
    yield json.dumps(values | {"metrics": {"seg_a": float("nan")}}).encode()
    yield json.dumps(values | {"device": {"threads": float("inf")}}).encode()
    yield json.dumps({name: value for name, value in values.items() if name != "metrics"}).encode()


def test_damaged_record_is_one_line(tiny_records, tmp_path):
    path = tmp_path / "record.json"
    assert "no such file; make the run with leap run" in refused(read_record, path)
    write_record(tiny_records[0], path)
    for content in damaged(path.read_text()):
        path.write_bytes(content)
        assert "damaged record" in refused(read_record, path)
    write_record(replace(tiny_records[0], schema=99), path)
    assert "schema 99" in refused(read_record, path)


def test_damaged_file_of_records_is_one_line(tiny_records, tmp_path):
    path = tmp_path / "records.jsonl.gz"
    refused(read_records, path)
    write_records(tiny_records, path)
    whole = path.read_bytes()
    overwritten = whole[:10] + b"\xff" * 50 + whole[60:]
    bomb = gzip.compress(bytes(10**7))
    for content in (b"", b"text", whole[:-20], whole[:-1], overwritten, whole + whole, bomb):
        path.write_bytes(content)
        assert "not a file of run records" in refused(read_records, path)
    for content in (gzip.compress(b"{}\n"), gzip.compress(b"\xff")):
        path.write_bytes(content)
        refused(read_records, path)


def test_a_score_that_is_not_finite_is_not_written(tiny_records, tmp_path):
    record = replace(tiny_records[0], metrics={"seg_a": float("nan")})
    for write, name in ((write_record, "record.json"), (lambda r, p: write_records([r], p), "all.gz")):
        with pytest.raises(ValueError):
            write(record, tmp_path / name)
        assert not (tmp_path / name).exists()


def test_metrics_are_those_of_the_predictions(tiny_records, tiny_store, tiny_results):
    truth = tiny_store.videos("test")
    for record in tiny_records:
        predictions = load_predictions(run_folder(record.run_config(), tiny_store, tiny_results))
        expected = parsing_scores(predictions.audio, predictions.visual, truth.true_audio, truth.true_visual)
        assert record.metrics == pytest.approx(expected)


@pytest.mark.parametrize("level", ["seg", "evt"])
def test_type_mean_is_the_mean_of_its_three(level, tiny_records):
    record = tiny_records[0]
    three = [record.scores(f"{level}_{part}") for part in ("a", "v", "av")]
    assert three[0].shape == (6,)
    np.testing.assert_allclose(record.scores(f"{level}_type"), sum(three) / 3)


def test_the_primary_measure_under_a_reading(tiny_records):
    scores = tiny_records[0].readings["tuned"]
    parts = [scores[name] for name in ("seg_type", "seg_event", "evt_type", "evt_event")]
    assert tiny_records[0].primary_under("tuned") == pytest.approx(sum(parts) / 4)


def test_per_video_scores_average_to_the_metrics(tiny_records):
    record = tiny_records[0]
    means = {name: 100 * record.scores(name).mean() for name in record.metrics}
    assert means == pytest.approx(record.metrics, abs=1e-3)
