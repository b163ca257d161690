import pytest
import torch

from leap.data.av_everyday import build, learned, rederive
from leap.data.av_everyday.sources import VISIBLE
from leap.data.classes import AV_EVERYDAY
from leap.data.pseudo_labels import precision_recall, threshold_scores
from leap.data.registry import dataset_path, open_dataset
from leap.data.store import FeatureStore
from leap.errors import LeapError
from tests.data.av_digits.test_av_digits import assert_same
from tests.everyday_material import stub_networks

SPLITS = ("train", "val", "test")


@pytest.fixture(scope="module")
def built(material, tmp_path_factory):
    """Two builds of a very small AV-Everyday, and one with other folds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "check_material", lambda folder: None)
        patch.setattr(build, "SIZES", {"train": 6, "val": 4, "test": 4})
        patch.setattr(build, "TEACHER_VIDEOS", 13)
        patch.setattr(learned, "EPOCHS", 1)
        return [
            build.build_av_everyday(material, tmp_path_factory.mktemp("built"), stub_networks(), rotation)
            for rotation in (0, 0, 1)
        ]


def test_build_is_deterministic(built):
    with FeatureStore(built[0]) as first, FeatureStore(built[1]) as second:
        assert first.checksum == second.checksum
        assert first.dataset == "av-everyday"
        assert first.classes == AV_EVERYDAY
        assert first.splits == {"train": 6, "val": 4, "test": 4}
        assert first.widths == {"audio": 128, "visual_2d": 128}
        assert first.ids("val")[1] == "val-0001"
    first, second = (path.with_name(build.LEARNED).read_bytes() for path in built[:2])
    assert first == second


def test_rotations_use_other_material(built):
    with FeatureStore(built[0]) as first, FeatureStore(built[2]) as other:
        assert first.checksum != other.checksum
        roles, rotated = (store.provenance["roles"] for store in (first, other))
        assert rotated["val"] == roles["test"]  # fold f takes the place of fold f + 1
        assert (first.provenance["rotation"], other.provenance["rotation"]) == (0, 1)


@pytest.mark.parametrize("data", ["built", "shipped"])
def test_pseudo_labels_are_thresholded_scores_within_the_weak_label(data, request):
    path = request.getfixturevalue("built")[0] if data == "built" else dataset_path("av-everyday")
    with FeatureStore(path) as store:
        thresholds = store.provenance["logit_thresholds"]
        for split in SPLITS:
            videos, scores = store.videos(split), store.teacher_scores(split)
            assert torch.equal(videos.weak, torch.maximum(*videos.truth()).amax(1))
            for modality, logits in zip(("audio", "visual"), scores, strict=True):
                pseudo = getattr(videos, f"pseudo_{modality}")
                assert torch.equal(pseudo, threshold_scores(logits, thresholds[modality], videos.weak))


def test_small_build_is_rederived(built, material):
    with FeatureStore(built[0]) as store:
        found = rederive(store, material, stub_networks(), "test", [0, 3])
    assert_same(found)


def test_what_another_build_learned_is_refused(built, material, tmp_path):
    for name, folder in ((build.STORE, built[0].parent), (build.LEARNED, built[2].parent)):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with (
        FeatureStore(tmp_path / build.STORE) as store,
        pytest.raises(LeapError, match=r"learned\.safetensors: does not belong to av_everyday\.h5"),
    ):
        rederive(store, material, stub_networks(), "test", [0])


def test_other_material_is_refused_before_anything_is_written(material, tmp_path):
    with pytest.raises(LeapError, match="not the files of the pinned revision"):
        build.build_av_everyday(material, tmp_path / "out", stub_networks())
    assert not (tmp_path / "out").exists()


def test_shipped_data_set():
    with open_dataset("av-everyday") as store:
        assert store.splits == {"train": 2000, "val": 400, "test": 800}
        assert store.widths == {"audio": 128, "visual_2d": 128}
        assert store.classes == AV_EVERYDAY
        assert (store.provenance["rotation"], store.provenance["seed"]) == (0, 0)
        for split in SPLITS:
            videos = store.videos(split)
            assert len(set(store.ids(split))) == len(videos)
            assert not videos.truth()[1][..., VISIBLE:].any()
            assert videos.weak.sum(0).min() > 0.02 * len(videos)
            for modality in ("audio", "visual"):
                true = getattr(videos, f"true_{modality}")
                expanded = precision_recall(videos.weak[:, None].expand_as(true), true)
                assert precision_recall(getattr(videos, f"pseudo_{modality}"), true).f > expanded.f
    path = dataset_path("av-everyday")
    assert path.stat().st_size + path.with_name(build.LEARNED).stat().st_size < 20e6


def test_shipped_features_were_reduced_by_what_ships_beside_them():
    path = dataset_path("av-everyday").with_name(build.LEARNED)
    read, config = learned.load_learned(path)
    assert [len(read.reduction[modality].mean) for modality in ("audio", "visual")] == [1024, 1280]
    with open_dataset("av-everyday") as store:
        features = store.videos("train").features[:2]
        assert config["roles"] == store.provenance["roles"]
    for kind in features:  # components of the teacher's material, so only roughly of unit variance here
        assert 0.5 < kind.flatten(0, 1).std(0).mean() < 1.5
