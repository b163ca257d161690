"""Both ways of input give the same batches."""

import pytest
import torch

from benchmarks.input import from_files, from_store
from leap.data.annotations import read_weak_labels
from leap.data.llp.pack import pack_llp
from leap.data.store import FeatureStore
from tests.official_tree import make_up_tree

VIDEOS = {"train": 40, "val": 2, "test": 2}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    pack_llp(make_up_tree(folder, VIDEOS), folder / "llp.h5")
    return folder


def test_files_and_store_give_the_same_batches(tree):
    names = read_weak_labels(tree / "llp" / "annotations", "train").filenames
    with FeatureStore(tree / "llp.h5") as store:
        videos = store.videos("train")
    batches = list(zip(from_files(tree / "llp", names), from_store(videos), strict=True))
    assert [len(packed) for _, packed in batches] == [32, 8]
    for (audio, visual_2d, visual_3d, *_), packed in batches:
        for loaded, kept in (
            (audio, packed.audio),
            (visual_2d, packed.visual_2d),
            (visual_3d, packed.visual_3d),
        ):
            torch.testing.assert_close(loaded.float(), kept, rtol=1e-3, atol=1e-3)


def test_frames_stay_frames_for_the_release(tree):
    names = read_weak_labels(tree / "llp" / "annotations", "train").filenames
    _, frames, *_ = next(from_files(tree / "llp", names, average=False))
    assert frames.shape == (32, 80, 2048)
