"""Execution of runs: train and evaluate a config, and write its record."""

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import cast

import numpy as np
import torch
from torch import Tensor

from leap.config import Protocol, RunConfig, to_dict
from leap.data.store import FeatureStore
from leap.data.teacher import teacher_labels
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.experiments import provenance
from leap.experiments.diagnostics import diagnose
from leap.experiments.records import SCHEMA, Record, read_record, write_record
from leap.experiments.unseen_classes import unseen_precision
from leap.inference.predict import Predictions, predict
from leap.inference.readings import readings
from leap.io.atomic import atomic_path
from leap.io.progress import with_progress
from leap.io.reason import reason
from leap.metrics import average_precision, parsing_scores, per_video_scores, precision_recall
from leap.models.checkpoint import Description, parser_files, save_pretrained
from leap.training.run import (
    ESTIMATOR_FOLDER,
    REVISION,
    check_supervision,
    initial_parser,
    run_key,
    seen_classes,
    train,
)
from leap.training.state import Progress

RUNS = "runs"
"""Folder of all runs within the folder of results."""

RECORD = "record.json"
PREDICTIONS = "predictions.npz"


def run_folder(config: RunConfig, store: FeatureStore, results: Path) -> Path:
    """Folder of a run's record, predictions and model."""
    return results / RUNS / run_key(config, store.checksum)


def has_record(config: RunConfig, store: FeatureStore, results: Path) -> bool:
    """Whether a run was made in a folder of results."""
    return (run_folder(config, store, results) / RECORD).exists()


def make_run(config: RunConfig, store: FeatureStore, results: Path, device: str = "cpu") -> Record:
    """Read the record of a run, or train and evaluate it; an interrupted training is resumed.

    The record is written last, so a folder with a record is complete.

    Args:
        config: the run.
        store: its data set.
        results: folder of results.
        device: device to train on.

    Raises:
        LeapError: the run cannot be made, see `check_run`, or its record is damaged.
    """
    folder = run_folder(config, store, results)
    if (folder / RECORD).exists():
        return read_record(folder / RECORD)
    started = time.perf_counter()
    parser, progress = train(config, store, folder, device)
    protocol = cast(Description, parser.description).protocol
    videos = store.videos(config.split, config.model.inputs)
    predictions = predict(parser, videos, protocol)
    seconds = time.perf_counter() - started
    val = store.videos("val", config.model.inputs)
    diagnostics, teacher = diagnose(parser, val, videos), teacher_labels(store, config.split)
    if config.unseen:
        diagnostics |= unseen_precision(predictions, videos, seen_classes(config, store.classes))
    measures = diagnostics, readings(parser, val, videos, protocol, teacher)
    save_pretrained(parser, folder)
    _save_predictions(predictions, folder / PREDICTIONS)
    record = _record(config, protocol, store, progress, predictions, videos, *measures, seconds, device)
    write_record(record, folder / RECORD)
    (folder / "checkpoint.safetensors").unlink(missing_ok=True)
    shutil.rmtree(folder / ESTIMATOR_FOLDER, ignore_errors=True)
    return record


def check_run(config: RunConfig, store: FeatureStore) -> None:
    """Refuse a run that cannot be made, before anything is trained.

    Raises:
        LeapError: the store holds another data set, or lacks features, label embeddings, videos, classes or
            dense labels that the run needs.
    """
    if config.dataset != store.dataset:
        what = f"config names the data set {config.dataset!r}, but the store is {store.dataset!r}"
        raise LeapError(f"{store.path}: {what}; change dataset in the config, or give --data")
    for split in ("train", "val", config.split):
        store.ids(split)
    check_supervision(config, store)
    initial_parser(config, store)


def make_runs(configs: Sequence[RunConfig], store: FeatureStore, results: Path) -> list[Record]:
    """Records of several runs, in their order, with a progress bar over the runs that are missing.

    Raises:
        LeapError: one of the runs cannot be made, or ``results`` cannot be written; nothing is trained then.
    """
    missing = [config for config in configs if not has_record(config, store, results)]
    for config in missing:
        check_run(config, store)
    if missing:
        check_writable(results)
    for config in with_progress(missing, "runs", unit="run", in_notebook="ipykernel" in sys.modules):
        make_run(config, store, results)
    return [make_run(config, store, results) for config in configs]


def restore_parser(config: RunConfig, store: FeatureStore, results: Path) -> Path:
    """Folder of a run's trained parser; a missing parser is trained again, without a record.

    It is for a run whose record is committed and whose parser is not. Two notebooks may need the parser at
    the same time, so each trains in a folder of its own.

    Args:
        config: the run.
        store: its data set.
        results: folder of results.

    Raises:
        LeapError: the run cannot be made.
    """
    folder = run_folder(config, store, results)
    if not all(path.exists() for path in parser_files(folder)):
        with TemporaryDirectory() as temporary:
            save_pretrained(train(config, store, Path(temporary))[0], folder)
    return folder


def check_writable(folder: Path) -> None:
    """Create a folder and test that it is writable, so a long training is not lost for lack of permission.

    Raises:
        LeapError: the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LeapError(
            f"{folder}: cannot be written ({reason(error)}); give another folder of results"
        ) from None


def load_predictions(folder: Path) -> Predictions:
    """The predictions that `make_run` saved."""
    with np.load(folder / PREDICTIONS, allow_pickle=False) as arrays:
        return Predictions(**{name: torch.as_tensor(arrays[name]).float() for name in arrays.files})


def _save_predictions(predictions: Predictions, path: Path) -> None:
    arrays = {
        name: tensor.numpy().astype(np.float16 if name.startswith("probability") else np.uint8)
        for name, tensor in vars(predictions).items()
    }
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def _record(
    config: RunConfig,
    protocol: Protocol,
    store: FeatureStore,
    progress: Progress,
    predictions: Predictions,
    videos: Videos,
    diagnostics: dict[str, float],
    other_readings: dict[str, dict[str, float]],
    seconds: float,
    device: str,
) -> Record:
    cubes = (predictions.audio, predictions.visual, *videos.truth())
    return Record(
        schema=SCHEMA,
        key=run_key(config, store.checksum),
        revision=REVISION,
        config=to_dict(config),
        seed=config.seed,
        protocol=to_dict(replace(config, protocol=protocol))["protocol"],
        data={"name": store.dataset, "checksum": store.checksum},
        selection={"epoch": progress.best_epoch, "score": progress.best_score},
        metrics=parsing_scores(*cubes),
        per_video={name: np.round(v, 6).tolist() for name, v in per_video_scores(*cubes).items()},
        segments=_segment_statistics(predictions, videos),
        diagnostics=diagnostics,
        readings=other_readings,
        history=progress.history,
        code=provenance.code(),
        libraries=provenance.libraries(),
        device=provenance.device(device),
        seconds=round(seconds, 2),
    )


def _segment_statistics(predictions: Predictions, videos: Videos) -> dict[str, dict[str, float]]:
    """Precision, recall and ranking of segments, by modality and number of simultaneous true events."""
    found = {}
    for modality, true in zip(("audio", "visual"), videos.truth(), strict=True):
        cubes = getattr(predictions, modality), getattr(predictions, f"probability_{modality}"), true
        for part, chosen in _by_events(true).items():
            pred, probability, true_part = (cube[chosen][None] for cube in cubes)  # (1, segments, C)
            ranking = {"ap": average_precision(probability, true_part)}
            found[f"{modality}{part}"] = precision_recall(pred, true_part) | ranking
    return found


def _by_events(true: Tensor) -> dict[str, Tensor]:
    """Masks (N, T) of segments by their number of true events, from (N, T, C)."""
    events = true.sum(dim=-1)
    exact = {f"_{count}": events == count for count in (1, 2)}
    return {"": events >= 0, "_overlap": events >= 2} | exact | {"_3+": events >= 3}
