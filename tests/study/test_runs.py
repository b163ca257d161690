from dataclasses import replace

import pytest
import torch

from leap.engine import predict
from leap.errors import LeapError
from leap.models.checkpoint import load_parser
from leap.study import runs
from leap.study.records import REVISION, read_record, run_key
from leap.study.runs import RECORD, load_predictions, make_parser, make_run, make_runs, run_folder


def test_a_run_leaves_record_predictions_and_model(tiny_records, tiny_store, tiny_results, tiny_config):
    folder = run_folder(tiny_config, tiny_store, tiny_results)
    assert folder == tiny_results / "runs" / tiny_records[0].key
    names = {path.name for path in folder.iterdir()}
    assert names >= {"record.json", "predictions.npz", "model.safetensors", "log.jsonl"}
    assert "checkpoint.safetensors" not in names
    assert read_record(folder / RECORD) == tiny_records[0]


def test_what_a_record_says(tiny_records, tiny_store, tiny_config):
    record = tiny_records[1]
    assert (record.seed, record.revision) == (1, REVISION)
    assert record.key == run_key(replace(tiny_config, seed=1), tiny_store.checksum)
    assert record.data == {"name": "tiny", "checksum": tiny_store.checksum}
    assert record.protocol == record.config["protocol"]
    assert len(record.history) == 2
    best = record.history[int(record.selection["epoch"]) - 1]
    assert record.selection["seg_type"] == best["seg_type"] == max(e["seg_type"] for e in record.history)
    assert set(record.segments) == {"audio", "visual", "audio_overlap", "visual_overlap"}
    assert {len(scores) for scores in record.per_video.values()} == {6}
    assert record.seconds > 0


def test_a_made_run_is_not_trained_again(tiny_records, tiny_store, tiny_results, tiny_config, monkeypatch):
    path = run_folder(tiny_config, tiny_store, tiny_results) / RECORD
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(runs, "train", None)
    assert make_run(tiny_config, tiny_store, tiny_results) == tiny_records[0]
    configs = [replace(tiny_config, seed=seed) for seed in (1, 0)]
    assert make_runs(configs, tiny_store, tiny_results) == tiny_records[::-1]
    assert path.stat().st_mtime_ns == before


def test_the_same_run_elsewhere_has_the_same_numbers(tiny_records, tiny_store, tiny_config, tmp_path):
    again = make_run(tiny_config, tiny_store, tmp_path)
    for name in ("key", "config", "metrics", "per_video", "segments", "history", "selection"):
        assert getattr(again, name) == getattr(tiny_records[0], name), name
    assert tiny_records[1].history != tiny_records[0].history


def test_saved_model_gives_the_saved_predictions(tiny_records, tiny_store, tiny_results, tiny_config):
    folder = run_folder(tiny_config, tiny_store, tiny_results)
    saved, (parser, description) = load_predictions(folder), load_parser(folder)
    made = predict(parser, tiny_store.videos("test"), description.protocol)
    assert torch.equal(saved.audio, made.audio.float())
    assert torch.equal(saved.visual, made.visual.float())
    torch.testing.assert_close(saved.probability_audio, made.probability_audio, rtol=1e-3, atol=1e-3)
    assert description.classes == tiny_store.classes


def test_a_damaged_record_is_not_overwritten(tiny_store, tiny_config, tmp_path):
    path = run_folder(tiny_config, tiny_store, tmp_path) / RECORD
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(LeapError, match="damaged record"):
        make_run(tiny_config, tiny_store, tmp_path)
    assert path.read_text() == "{}"


def test_another_data_set_is_refused(tiny_store, tiny_config, tmp_path):
    with pytest.raises(LeapError, match="config names the data set 'llp', but the store is 'tiny'"):
        make_run(replace(tiny_config, dataset="llp"), tiny_store, tmp_path)


def test_initial_values_depend_on_the_seed_alone(tiny_store, tiny_config):
    def first_weight(seed):
        return next(make_parser(replace(tiny_config, seed=seed), tiny_store).encoder.parameters())

    before = torch.random.get_rng_state()
    weight = first_weight(3)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.randn(5)
    assert torch.equal(weight, first_weight(3))
    assert not torch.equal(weight, first_weight(4))


def test_training_on_the_first_videos_only(tiny_store, tiny_config, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(runs, "fit", lambda parser, criterion, videos, *_: seen.append(videos))
    few = replace(tiny_config, train=replace(tiny_config.train, videos=5))
    for config in (tiny_config, few):
        runs.train(config, tiny_store, tmp_path / run_key(config, ""))
    assert [len(videos) for videos in seen] == [24, 5]
    assert torch.equal(seen[1].audio, seen[0].audio[:5])
