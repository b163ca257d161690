"""Training of a run config: its key, its initial values, and what is refused before anything is trained."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import leap.training.run as module
import leap.training.trainer as trainer
from leap.config import (
    AvssConfig,
    LeapConfig,
    LossConfig,
    ModelConfig,
    NoiseConfig,
    Protocol,
    RunConfig,
    SmoothingConfig,
    ValorConfig,
)
from leap.data.pseudo_labels import corrupt_videos
from leap.data.pseudo_labels.smooth import smooth
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.inference.predict import parse_videos
from leap.inference.thresholds import VISUAL_GRID
from leap.training.criterion import Criterion
from leap.training.denoising import NOISE_ESTIMATOR, NoiseRatios
from leap.training.losses import cmpae
from leap.training.run import ESTIMATOR_FOLDER, REVISION, initial_parser, run_key, train
from tests.conftest import tiny_splits


@pytest.fixture
def seen(monkeypatch):
    """Arguments of every training, none of which is performed."""
    calls = []

    def fit(*arguments):
        calls.append(arguments)
        return trainer.Progress()

    monkeypatch.setattr(module, "fit", fit)
    return calls


def test_keys_depend_on_config_data_and_revision():
    key = run_key(RunConfig(), "a")
    assert len(key) == 16
    assert set(key) <= set("0123456789abcdef")
    assert key == run_key(RunConfig(), "a")
    others = {run_key(RunConfig(), "b"), run_key(RunConfig(seed=1), "a")}
    others.add(run_key(RunConfig(), "a", REVISION + 1))
    assert len({key, *others}) == 4


def test_keys_depend_on_the_content_of_a_label_file(tmp_path):
    path = tmp_path / "labels.npy"
    config = RunConfig(model=ModelConfig(labels=str(path)))
    with pytest.raises(LeapError, match=r"labels\.npy"):
        run_key(config, "a")
    keys = set()
    for value in (0, 1, 0):
        np.save(path, np.full((3, 4), value))
        keys.add(run_key(config, "a"))
    assert len(keys) == 2


def test_initial_values_depend_on_the_seed_alone(tiny_store, tiny_config):
    def first_weight(seed):
        return next(initial_parser(replace(tiny_config, seed=seed), tiny_store).encoder.parameters())

    before = torch.random.get_rng_state()
    weight = first_weight(3)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.randn(5)
    assert torch.equal(weight, first_weight(3))
    assert not torch.equal(weight, first_weight(4))


def test_a_trained_parser_is_described(tiny_store, tiny_config, tmp_path):
    parser, progress = train(tiny_config, tiny_store, tmp_path)
    assert len(progress.history) == tiny_config.train.epochs
    description = parser.description
    assert (description.model, description.protocol) == (tiny_config.model, tiny_config.protocol)
    assert (description.classes, description.widths) == (tiny_store.classes, {"audio": 5, "visual_2d": 5})
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint.safetensors", "log.jsonl"}


def test_training_on_the_first_videos_only(tiny_store, tiny_config, tmp_path, seen):
    few = replace(tiny_config, train=replace(tiny_config.train, videos=5))
    for config in (tiny_config, few):
        train(config, tiny_store, tmp_path)
    whole, first = (arguments[2] for arguments in seen)
    assert (len(whole), len(first)) == (24, 5)
    assert torch.equal(first.audio, whole.audio[:5])


def test_pseudo_labels_of_training_alone_are_corrupted(tiny_store, tiny_config, tmp_path, seen):
    train(replace(tiny_config, noise=NoiseConfig(misses=1.0)), tiny_store, tmp_path)
    ((_, _, videos, val, *_),) = seen
    assert not videos.pseudo_audio.any()
    assert val.pseudo_audio.any()


def test_dense_supervision_trains_on_the_true_labels(tiny_config, make_tiny_store, tmp_path, seen):
    splits = tiny_splits()
    for arrays in splits.values():
        arrays["pseudo_audio"] = arrays["pseudo_visual"] = 0 * arrays["true_audio"]
    dense = replace(tiny_config, supervision="dense")
    with FeatureStore(make_tiny_store(tmp_path / "x.h5", splits=splits)) as store:
        train(dense, store, tmp_path / "dense")
        train(replace(dense, noise=NoiseConfig(misses=1.0)), store, tmp_path / "noisy")
        train(tiny_config, store, tmp_path / "pseudo")
    videos, noisy, plain = (arguments[2] for arguments in seen)
    assert torch.equal(videos.pseudo_audio, videos.true_audio)
    assert torch.equal(videos.pseudo_visual, videos.true_visual)
    assert videos.pseudo_visual.any()
    assert not noisy.pseudo_audio.any()
    assert not plain.pseudo_audio.any()
    assert not seen[0][3].pseudo_audio.any()  # val keeps its labels


def test_dense_supervision_is_refused_where_train_has_weak_labels(weak_store, tiny_config, tmp_path):
    dense = replace(tiny_config, supervision="dense")
    with pytest.raises(LeapError, match=r"^[^\n]*which have only weak labels; set supervision[^\n]*$"):
        train(dense, weak_store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pseudo_labels_of_training_alone_are_smoothed_after_noise(tiny_store, tiny_config, tmp_path, seen):
    noise, smoothing = NoiseConfig(misses=0.3), SmoothingConfig(audio="median", visual="hmm")
    train(replace(tiny_config, noise=noise, smoothing=smoothing), tiny_store, tmp_path)
    ((_, _, videos, val, *_),) = seen
    noisy = corrupt_videos(tiny_store.videos("train"), noise, tiny_config.seed)
    assert torch.equal(videos.pseudo_audio, smooth(noisy.pseudo_audio, noisy.weak, "median"))
    assert torch.equal(videos.pseudo_visual, smooth(noisy.pseudo_visual, noisy.weak, "hmm"))
    assert not torch.equal(videos.pseudo_audio, noisy.pseudo_audio)
    assert not torch.equal(videos.pseudo_visual, noisy.pseudo_visual)
    untouched = tiny_store.videos("val")
    assert torch.equal(val.pseudo_audio, untouched.pseudo_audio)
    assert torch.equal(val.pseudo_visual, untouched.pseudo_visual)


def test_neither_labels_nor_embeddings_of_unseen_classes_reach_training(
    tiny_store, tiny_config, tmp_path, seen
):
    parser, _ = train(replace(tiny_config, unseen=("dog",)), tiny_store, tmp_path)
    ((trained, _, videos, val, *_),) = seen
    assert trained is parser
    for found, split in ((videos, "train"), (val, "val")):
        every = tiny_store.videos(split)
        assert torch.equal(found.audio, every.audio)
        assert torch.equal(found.weak, every.weak[:, [0, 2]])
        for cube, whole in zip(found.truth(), every.truth(), strict=True):
            assert torch.equal(cube, whole[..., [0, 2]])
    assert torch.equal(parser.label_embedding, initial_parser(tiny_config, tiny_store).label_embedding)


def test_a_parser_does_not_depend_on_the_labels_of_unseen_classes(
    make_tiny_store, tiny_config, tiny_store, tmp_path
):
    splits = tiny_splits()
    for name in ("train", "val"):
        for label in ("weak", "pseudo_audio", "pseudo_visual", "true_audio", "true_visual"):
            splits[name][label][..., 1] = 1 - splits[name][label][..., 1]
    noisy = replace(tiny_config, noise=NoiseConfig(misses=0.3), smoothing=SmoothingConfig(visual="hmm"))

    def weights(config, store, name):
        return train(config, store, tmp_path / name)[0].state_dict()

    with FeatureStore(make_tiny_store(tmp_path / "other.h5", splits=splits)) as other:
        unseen = replace(noisy, unseen=("dog",))
        without = [weights(unseen, tiny_store, "a"), weights(unseen, other, "b")]
        whole = [weights(noisy, tiny_store, "c"), weights(noisy, other, "d")]
    assert all(torch.equal(without[0][name], without[1][name]) for name in without[0])
    assert not all(torch.equal(whole[0][name], whole[1][name]) for name in whole[0])


def test_a_parser_decodes_unseen_classes_by_their_embeddings(tiny_store, tiny_config, tmp_path):
    parser, _ = train(replace(tiny_config, unseen=("dog",)), tiny_store, tmp_path)
    videos, every = tiny_store.videos("test"), parser.label_embedding
    (parsing,) = parse_videos(parser, videos)
    assert parsing.segment_audio.shape == (6, 4, 3)
    with torch.no_grad():
        alone = parser(*videos.features, label_embedding=every[[1]])
    torch.testing.assert_close(parsing.segment_audio[..., [1]], alone.segment_audio)


def test_label_noise_is_estimated_by_a_parser_of_the_same_seed(cmpae_config, tiny_store, tmp_path):
    videos = tiny_store.videos("train")

    def ratios(config, name):
        loss = Criterion(config.loss).basic
        loss.prepare(config, videos, lambda other: train(other, tiny_store, tmp_path / name)[0])
        return loss.noise_ratios

    first, again = (ratios(cmpae_config, name) for name in "ab")
    assert torch.equal(first.audio, again.audio)
    assert torch.equal(first.visual, again.visual)
    assert first.visual.shape == (3,)
    assert 0 < first.visual.max() <= 1
    plain = replace(cmpae_config, loss=LossConfig(basic=replace(cmpae_config.loss.basic, denoise=False)))
    assert ratios(plain, "c") is None
    assert not (tmp_path / "c").exists()


def test_denoising_trains_with_the_estimated_ratios(cmpae_config, tiny_store, tmp_path, seen, monkeypatch):
    ratios = NoiseRatios(torch.full((3,), 0.25), torch.full((3,), 0.5))
    monkeypatch.setattr(cmpae, "estimate_noise_ratios", lambda parsings, weak: ratios)
    train(cmpae_config, tiny_store, tmp_path)
    (_, estimator, *_, where, _, _), (_, criterion, *_) = seen
    assert estimator.config == NOISE_ESTIMATOR.loss
    assert where == tmp_path / ESTIMATOR_FOLDER
    assert criterion.basic.noise_ratios is ratios


def test_thresholds_are_chosen_on_val(cmpae_config, tiny_store, tmp_path):
    plain = replace(cmpae_config, loss=LossConfig(), thresholds_on_val=False)
    parser, _ = train(plain, tiny_store, tmp_path / "fixed")
    assert parser.description.protocol == plain.protocol
    parser, _ = train(replace(plain, thresholds_on_val=True), tiny_store, tmp_path / "chosen")
    protocol = parser.description.protocol
    assert set(protocol.class_thresholds) <= set(VISUAL_GRID)
    assert replace(protocol, class_thresholds=None) == plain.protocol


REFUSED = {
    "several processes with denoising": (lambda c: c, 2, "videos of a whole batch"),
    "several processes with confident L_avss": (
        lambda c: replace(c, loss=LossConfig(avss=AvssConfig(variant="confident"))),
        2,
        "videos of a whole batch",
    ),
    "more processes than videos": (lambda c: replace(c, loss=LossConfig()), 9, "9 processes have only 8 val"),
    "another data set": (
        lambda c: replace(c, dataset="llp"),
        1,
        "names the data set 'llp', but the store is",
    ),
    "denoising without HAN": (
        lambda c: replace(c, model=replace(c.model, encoder=ValorConfig())),
        1,
        "CMPAE needs an encoder that can run without",
    ),
    "class thresholds for other classes": (
        lambda c: replace(c, protocol=Protocol(gate="modality", class_thresholds=(0.5,) * 4)),
        1,
        "4 class_thresholds for 3 classes",
    ),
    "sizes that do not fit": (
        lambda c: replace(c, model=ModelConfig(decoder=LeapConfig(heads=3)), loss=LossConfig()),
        1,
        "3 heads do not divide the width 64",
    ),
    "an unseen class that is none": (
        lambda c: RunConfig(dataset=c.dataset, unseen=("cow",)),
        1,
        "unseen: no class 'cow'; known are cat, dog, hen",
    ),
    "unseen classes without others": (
        lambda c: RunConfig(dataset=c.dataset, unseen=("hen", "dog", "cat")),
        1,
        "unseen: no class is left to train on",
    ),
    "features that are not there": (
        lambda c: replace(c, model=replace(c.model, inputs=("clap", "clip"))),
        1,
        "no features 'clap'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_anything_is_trained(case, cmpae_config, tiny_store, tmp_path, monkeypatch):
    """Also before the noise estimator, whose training takes minutes."""
    change, processes, message = REFUSED[case]
    monkeypatch.setattr(trainer, "world_size", lambda: processes)
    monkeypatch.setattr(trainer.Trainer, "train_one_epoch", lambda *_: pytest.fail("a training began"))
    with pytest.raises(LeapError, match=message):
        train(change(cmpae_config), tiny_store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


class OneStream(torch.nn.Module):
    """An encoder that forgets a stream."""

    def forward(self, audio, visual):
        return audio


def test_parts_that_do_not_work_together_are_refused_before_training(
    tiny_config, tiny_store, tmp_path, seen, monkeypatch
):
    build = module.build_parser

    def broken(*arguments):
        parser = build(*arguments)
        parser.encoder = OneStream()
        return parser

    monkeypatch.setattr(module, "build_parser", broken)
    with pytest.raises(LeapError, match=r"the parts do not work together \(\w+: .*an encoder returns two"):
        train(tiny_config, tiny_store, tmp_path)
    assert seen == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("segment_audio", lambda x: x[..., :1]),
        ("segment_visual", lambda x: x.transpose(1, 2)),
        ("video_audio", lambda x: x.unsqueeze(1)),
        ("video_visual", lambda x: x[:, :1]),
        ("video", lambda x: x.mean(dim=1)),
        ("encoded_audio", lambda x: x[:, :1]),
        ("encoded_visual", lambda x: x[..., :1]),
    ],
)
def test_an_output_of_a_wrong_shape_is_named_before_training(
    name, change, tiny_config, tiny_store, tmp_path, seen, monkeypatch
):
    build = module.build_parser

    def broken(*arguments):
        parser = build(*arguments)
        parser.decoder.register_forward_hook(
            lambda decoder, inputs, output: replace(output, **{name: change(getattr(output, name))})
        )
        return parser

    monkeypatch.setattr(module, "build_parser", broken)
    with pytest.raises(LeapError, match=rf"^the decoder's {name} has the shape \([^\n]*; an encoder[^\n]*$"):
        train(tiny_config, tiny_store, tmp_path)
    assert seen == []


def test_a_loss_that_is_no_scalar_is_refused_before_training(
    tiny_config, tiny_store, tmp_path, seen, monkeypatch
):
    monkeypatch.setattr(Criterion, "total", lambda self, losses: torch.zeros(2))
    with pytest.raises(
        LeapError, match=r"^the total loss is no single number but has shape \(2,\); an encoder"
    ):
        train(tiny_config, tiny_store, tmp_path)
    assert seen == []
