"""Train the parser of a run config on its data set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from leap.config import Protocol, RunConfig, canonical_json, to_dict
from leap.data.pseudo_labels import corrupt_videos, smooth_videos
from leap.data.store import FeatureStore
from leap.data.teacher import with_soft_labels
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.inference.decode import check_protocol
from leap.inference.predict import parse_videos
from leap.inference.thresholds import choose_class_thresholds
from leap.label_embeddings import label_embeddings, source_checksum
from leap.models.checkpoint import Description
from leap.models.parser import Parser, build_parser
from leap.training.criterion import Criterion
from leap.training.observers import NOBODY, Observer
from leap.training.state import Progress
from leap.training.trainer import check_step, check_world, fit

REVISION = 2
"""Version of the numerics, a part of every run's key; incremented whenever they change on purpose."""

ESTIMATOR_FOLDER = "estimator"
"""Subfolder for the parser that a loss trains beforehand, such as CMPAE's noise estimator."""


def run_key(config: RunConfig, checksum: str, revision: int = REVISION) -> str:
    """Key of a run: 16 hex digits of the SHA-256 of config, data checksum, label embeddings and revision.

    Raises:
        LeapError: the file of label embeddings cannot be read.
    """
    parts = {
        "config": to_dict(config),
        "data": checksum,
        "labels": source_checksum(config.model.labels),
        "revision": revision,
    }
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:16]


def seen_classes(config: RunConfig, classes: Sequence[str]) -> list[int]:
    """Indices of the classes that a run is trained on.

    >>> seen_classes(RunConfig(unseen=("dog",)), ("cat", "dog", "hen"))
    [0, 2]

    Args:
        config: the run.
        classes: names of the C classes, in label order.

    Raises:
        LeapError: a name in ``config.unseen`` is no class, or no class is left.
    """
    unknown = [name for name in config.unseen if name not in classes]
    if unknown:
        raise LeapError(f"unseen: no class {unknown[0]!r}; known are {', '.join(classes)}")
    seen = [index for index, name in enumerate(classes) if name not in config.unseen]
    if not seen:
        raise LeapError("unseen: no class is left to train on; name fewer")
    return seen


def initial_parser(config: RunConfig, store: FeatureStore) -> Parser:
    """Build the parser of a run, with initial values drawn from the config's seed.

    Its label embeddings are those of the classes that it is trained on.

    Raises:
        LeapError: the label embeddings are missing or do not fit the classes, sizes do not fit together, or
            the data set lacks an unseen class.
    """
    labels = _label_embeddings(config, store)[seen_classes(config, store.classes)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return build_parser(config.model, store.input_widths(config.model.inputs), labels)


def parameter_count(config: RunConfig, store: FeatureStore) -> int:
    """Number of parameters of the parser of a run; errors as of `initial_parser`."""
    return sum(parameter.numel() for parameter in initial_parser(config, store).parameters())


def train(
    config: RunConfig, store: FeatureStore, folder: Path, device: str = "cpu", observer: Observer = NOBODY
) -> tuple[Parser, Progress]:
    """Train the parser of a run config; continues from a checkpoint in ``folder``.

    Args:
        config: the run.
        store: data set of the run; its training and validation videos are copied to the device.
        folder: folder of the checkpoint and of the log.
        device: device to train on.
        observer: receives every epoch, except those of a parser that a loss trains beforehand.

    Returns:
        The parser of the best epoch, on the CPU, with its ``description`` and the label embeddings of all
        classes, and the progress of the training.

    Raises:
        LeapError: config and store name different data sets, the protocol does not fit the classes, the
            training videos lack the dense labels or the teacher's logits that the config asks for, the parts
            cannot be trained together, the checkpoint in ``folder`` is damaged or belongs to another
            training, or a loss is not finite.
    """
    if config.dataset != store.dataset:
        what = f"config names the data set {config.dataset!r}, but the store is {store.dataset!r}"
        raise LeapError(f"{store.path}: {what}; change dataset in the config, or give --data")
    check_protocol(config.protocol, len(store.classes))
    check_supervision(config, store)
    inputs, identity = config.model.inputs, run_key(config, store.checksum)
    parser, criterion = initial_parser(config, store).to(device), Criterion(config.loss)
    videos, val = _videos(config, store)
    check_world(criterion, val)
    videos = labels_to_learn(videos, config)
    check_step(parser, criterion, videos[:2].to(device))
    criterion.basic.prepare(
        config, videos, lambda other: train(other, store, folder / ESTIMATOR_FOLDER, device)[0]
    )
    videos, val_there = videos.to(device), val.to(device)
    settings = config.train, config.protocol, config.seed
    progress = fit(parser, criterion, videos, val_there, *settings, folder, identity, observer)
    if config.unseen:
        parser.label_embedding = _label_embeddings(config, store)
    protocol = _protocol(config, parser.cpu(), val)
    parser.description = Description(
        config.model, protocol, store.classes, store.input_widths(inputs), store.dataset, store.segments
    )
    return parser, progress


def _label_embeddings(config: RunConfig, store: FeatureStore) -> Tensor:
    """The label embeddings of all classes, (C, L)."""
    return label_embeddings(config.model.labels, store.classes, store.label_embedding)


def _videos(config: RunConfig, store: FeatureStore) -> tuple[Videos, Videos]:
    """Training and validation videos, with the labels of the classes that the run is trained on."""
    seen = seen_classes(config, store.classes)
    train, val = (store.videos(split, config.model.inputs) for split in ("train", "val"))
    if config.loss.basic.reads_soft_labels:
        train = with_soft_labels(train, store, "train")
    return train[: config.train.videos].with_classes(seen), val.with_classes(seen)


def check_supervision(config: RunConfig, store: FeatureStore) -> None:
    """Refuse dense supervision where the training videos have only weak labels.

    Raises:
        LeapError: the config asks for it, and the store has no dense labels of train.
    """
    if config.supervision == "dense" and not store.has("train", "true_audio"):
        what = 'supervision "dense" needs dense labels of the training videos, which have only weak labels'
        raise LeapError(f"{store.path}: {what}; set supervision to pseudo")


def labels_to_learn(videos: Videos, config: RunConfig) -> Videos:
    """The training videos with the segment labels of a run: its supervision, with noise, then smoothed."""
    if config.supervision == "dense":
        audio, visual = videos.truth()
        videos = replace(videos, pseudo_audio=audio, pseudo_visual=visual)
    return smooth_videos(corrupt_videos(videos, config.noise, config.seed), config.smoothing)


def _protocol(config: RunConfig, parser: Parser, val: Videos) -> Protocol:
    if not config.thresholds_on_val:
        return config.protocol
    return choose_class_thresholds(parse_videos(parser, val), val.truth()[1], config.protocol)
