"""What ``leap features extract`` writes is what ``leap data pack`` reads, up to a training."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from leap.config import LeapConfig, ModelConfig
from leap.data.annotations import read_weak_labels
from leap.data.classes import LLP
from leap.data.llp.description import FEATURES_VERSION, FILE
from leap.data.store import FeatureStore
from leap.features.networks.vggish import VGGish
from leap.training.run import train
from tests.custom_tree import HEADER
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.random_networks import save_tiny_networks, tiny_resnet
from tests.official_tree import write_annotations

KINDS = ("--kinds", "audio,visual_2d,pseudo_audio,pseudo_visual")
FOLDERS = ("feats/vggish", "feats/res152", "CLAP/segment_pseudo_labels", "CLIP/segment_pseudo_labels")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Networks of the published widths with random weights."""
    folder = save_tiny_networks(tmp_path_factory.mktemp("weights"))
    torch.manual_seed(0)
    save_file(VGGish().state_dict(), folder / "vggish.safetensors")
    tiny_resnet(2048).save_pretrained(folder / "resnet-152")
    return folder


def prompts_for(classes, path):
    """A file of prompts whose softmax exceeds the threshold for about half of the classes."""
    one = {"text": "", "threshold": 1 / len(classes)}
    described = {
        name: {"seen": {**one, "text": f"a {name}"}, "heard": {**one, "text": f"a dog barks {c}"}}
        for c, name in enumerate(classes)
    }
    path.write_text(json.dumps({"scores": "softmax", "classes": described}))
    return path


def test_llps_videos_named_with_their_times(weights, leap, refused, tiny_config, tmp_path):
    root, videos = tmp_path / "llp", tmp_path / "videos"
    (root / "annotations").mkdir(parents=True)
    videos.mkdir()
    write_annotations(root / "annotations", {"train": 2, "val": 1, "test": 1})
    names = read_weak_labels(root / "annotations", "full").filenames
    for name in (*names[:-1], names[-1][:11]):  # one is named by its YouTube id
        write_clip(videos / f"{name}.mkv", numbered(80), samples=tone(10))
    prompts = prompts_for(LLP, tmp_path / "prompts.json")
    command = (
        "features",
        "extract",
        videos,
        "--out",
        root,
        *KINDS,
        "--weights",
        weights,
        "--prompts",
        prompts,
    )
    weak = ("--weak", root / "annotations" / "AVVP_dataset_full.csv")
    assert leap(*command, *weak)[0::2] == (0, "")
    assert "segment_pseudo_labels: was made with other weak labels (--weak)" in refused(*command)

    assert leap("data", "pack", "llp", "--root", root, "--strict")[0::2] == (0, "")
    with FeatureStore(root / "llp.h5") as store:
        assert store.splits == {"train": 2, "val": 1, "test": 1}
        origins = store.provenance["features"]
        assert {kind: one["version"] for kind, one in origins.items()} == {
            kind: FEATURES_VERSION[kind] for kind in KINDS[1].split(",")
        }
        assert origins["pseudo_audio"]["classes"] == list(LLP)
        train_videos = store.videos("train")
        for field, folder in (("audio", FOLDERS[0]), ("pseudo_visual", FOLDERS[3])):
            array = np.load(root / folder / f"{names[1]}.npy")
            np.testing.assert_array_equal(getattr(train_videos, field)[1], array.astype(np.float16))
        model = ModelConfig(decoder=LeapConfig(heads=2), labels="orthogonal", width=8, ffn=12)
        config = replace(tiny_config, dataset="llp", model=model)
        _, progress = train(config, store, tmp_path / "training")
        assert 0 <= progress.best_score <= 100


def test_classes_in_another_order_are_put_in_order_and_others_refused(weights, leap, refused, tmp_path):
    root, videos = tmp_path / "root", tmp_path / "videos"
    (root / "annotations").mkdir(parents=True)
    videos.mkdir()
    for name in ("a", "-b", "Caf\u00e9"):
        write_clip(videos / f"{name}.mkv", numbered(24), samples=tone(3))
    classes = ("dog", "cat", "barks")
    prompts = prompts_for(classes, tmp_path / "prompts.json")
    extract = ("features", "extract", videos, "--out", root, *KINDS, "--weights", weights)
    assert leap(*extract, "--prompts", prompts)[0::2] == (0, "")
    for split, name in (("train", "a"), ("val", "-b"), ("test", "Cafe\u0301")):
        (root / "annotations" / f"{split}.tsv").write_text(f"filename\n{name}\n")
    for file in ("audio.tsv", "visual.tsv"):
        (root / "annotations" / file).write_text(HEADER + "Caf\u00e9\t0\t3\tdog\n")
    pack = ("data", "pack-custom", "pets", "--root", root)
    labels = {}
    for order in (classes, classes[::-1]):
        (root / "annotations" / "classes.txt").write_text("\n".join(order))
        assert leap(*pack)[0::2] == (0, "")
        with FeatureStore(root / "pets.h5") as store:
            assert store.ids("test") == ("Caf\u00e9",)
            train_videos = store.videos("train")
            assert store.videos("test").true_audio.sum() == 3
        columns = torch.stack([train_videos.pseudo_audio, train_videos.pseudo_visual])[:, 0].unbind(2)
        labels[order] = dict(zip(order, columns, strict=True))
    assert 0 < sum(column.sum() for column in labels[classes].values()) < 18
    for name in classes:
        assert torch.equal(labels[classes][name], labels[classes[::-1]][name])
    (root / "annotations" / "classes.txt").write_text("dog\ncat\nmeows")
    assert "its classes are not those of the data set, 'barks' is in only one" in refused(*pack)
    (root / "annotations" / "classes.txt").write_text("\n".join(classes))
    path = root / FOLDERS[0] / FILE
    path.write_text(path.read_text().replace('"version": 2', '"version": 1'))
    assert "feats/vggish: made by older feature code, version 1" in refused(*pack)
    assert "feats/vggish: was made with other version of the feature code" in refused(
        *extract, "--prompts", prompts
    )


def test_a_kind_without_any_file_is_refused(leap, refused, custom_root):
    pack = ("data", "pack-custom", "kitchen", "--root", custom_root)
    for folder in ("CLIP/features", "feats/vggish", "CLAP/segment_pseudo_labels"):
        hidden = custom_root / folder.replace("/", "-")
        (custom_root / folder).rename(hidden)
        (custom_root / folder).mkdir()
        assert (
            f"{folder}: holds no file of any of the 6 videos; they are named such as a_0_5.npy or a.npy"
            in (refused(*pack))
        )
        (custom_root / folder).rmdir()
        hidden.rename(custom_root / folder)
    assert leap(*pack)[0] == 0
