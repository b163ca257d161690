from dataclasses import replace

import pytest
import torch

from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments import runs
from leap.experiments.records import read_record
from leap.experiments.runs import RECORD, load_predictions, make_run, make_runs, run_folder
from leap.inference.predict import predict
from leap.inference.readings import TEACHER_READING
from leap.inference.thresholds import VISUAL_GRID
from leap.metrics import average_precision
from leap.models.checkpoint import load_parser
from leap.training.run import ESTIMATOR_FOLDER, REVISION, run_key
from tests.conftest import tiny_split


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
    assert record.selection["score"] == best["seg_type"] == max(e["seg_type"] for e in record.history)
    parts = ("", "_overlap", "_1", "_2", "_3+")
    assert set(record.segments) == {m + part for m in ("audio", "visual") for part in parts}
    assert {"similarity_correlation", "peak_audio", "chance_visual"} <= record.diagnostics.keys()
    assert "seen_ap_audio" not in record.diagnostics
    assert {len(scores) for scores in record.per_video.values()} == {6}
    assert record.seconds > 0


def test_a_record_ranks_the_classes_that_its_parser_did_not_see(tiny_store, tiny_config, tmp_path):
    record = make_run(replace(tiny_config, unseen=("dog", "cat")), tiny_store, tmp_path)
    predictions = load_predictions(run_folder(record.run_config(), tiny_store, tmp_path))
    assert predictions.audio.shape == (6, 4, 3)
    true = tiny_store.videos("test").true_visual[..., :2]
    expected = average_precision(predictions.probability_visual[..., :2], true, "macro")
    assert record.diagnostics["unseen_ap_visual"] == pytest.approx(expected, abs=1)  # saved in half precision
    assert record.diagnostics["unseen_chance_visual"] == pytest.approx(100 * float(true.mean()), abs=1e-3)
    assert "seen_ap_audio" in record.diagnostics


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


def test_dense_supervision_without_dense_labels_is_refused(weak_store, tiny_config, tmp_path):
    with pytest.raises(LeapError, match="dense labels of the training videos"):
        make_runs([replace(tiny_config, supervision="dense")], weak_store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_record_reads_the_teacher_where_its_labels_are_known(
    tiny_records, tiny_config, tiny_store, tmp_path, monkeypatch
):
    assert TEACHER_READING not in tiny_records[0].readings
    monkeypatch.setattr(runs, "teacher_labels", lambda store, split: store.videos(split).truth())
    record = make_run(tiny_config, tiny_store, tmp_path)
    assert record.readings[TEACHER_READING]["seg_a"] > record.metrics["seg_a"]
    assert {name: record.readings[name] for name in tiny_records[0].readings} == tiny_records[0].readings


def test_cmpae_estimates_noise_and_chooses_thresholds_within_its_run(cmpae_config, tiny_store, tmp_path):
    record = make_run(cmpae_config, tiny_store, tmp_path)
    folder = run_folder(cmpae_config, tiny_store, tmp_path)
    assert not (folder / ESTIMATOR_FOLDER).exists()
    thresholds = record.protocol["class_thresholds"]
    assert len(thresholds) == 3
    assert set(thresholds) <= set(VISUAL_GRID)
    assert record.config["protocol"]["class_thresholds"] is None
    parser, description = load_parser(folder)
    assert description.protocol.class_thresholds == tuple(thresholds)
    made = predict(parser, tiny_store.videos("test"), description.protocol)
    assert torch.equal(load_predictions(folder).visual, made.visual.float())
    assert {f"loss_{name}" for name in ("nce", "mutual", "total")} <= record.history[0].keys()


def test_clap_and_clip_take_the_place_of_the_usual_features(tiny_config, make_tiny_store, tmp_path):
    splits = {name: tiny_split(8, seed) for seed, name in enumerate(("train", "val", "test"))}
    for split in splits.values():
        split |= {"clap": split["audio"][..., :3] + 1, "clip": split["visual_2d"][..., :2] + 1}
    with FeatureStore(make_tiny_store(tmp_path / "x.h5", splits=splits)) as store:
        config = replace(tiny_config, model=replace(tiny_config.model, inputs=("clap", "clip")))
        make_run(config, store, tmp_path)
        videos = store.videos("test", ("clap", "clip"))
        assert torch.equal(videos.audio, store.features("test", "clap"))
        assert torch.equal(videos.visual_2d, store.features("test", "clip"))
        _, description = load_parser(run_folder(config, store, tmp_path))
        assert description.widths == {"audio": 3, "visual_2d": 2}
        assert store.input_widths(("clap", "clip")) == description.widths


def test_features_that_are_not_there_are_one_line(tiny_config, tiny_store, tmp_path):
    config = replace(tiny_config, model=replace(tiny_config.model, inputs=("clap", "clip")))
    with pytest.raises(LeapError, match="no features 'clap'; it has audio, visual_2d"):
        make_run(config, tiny_store, tmp_path)


@pytest.mark.parametrize("variant", ["tiny", "cmpae"])
def test_a_run_in_bfloat16_is_like_one_in_float32(variant, tiny_config, cmpae_config, tiny_store, tmp_path):
    config = {"tiny": tiny_config, "cmpae": cmpae_config}[variant]
    rounded = replace(config, model=replace(config.model, precision="bfloat16"))
    exact, record = (make_run(c, tiny_store, tmp_path) for c in (config, rounded))
    assert record.key != exact.key
    assert record.diagnostics.keys() == exact.diagnostics.keys()
    losses = [r.history[0]["loss_total"] for r in (record, exact)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert read_record(run_folder(rounded, tiny_store, tmp_path) / RECORD).run_config() == rounded
