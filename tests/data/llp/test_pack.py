import signal
import subprocess
import sys
import time
from shutil import copytree

import numpy as np
import pytest
import torch
from torch.nn.functional import adaptive_avg_pool1d, interpolate

from leap.data.annotations import SPLIT_FILES, read_annotations, read_weak_labels
from leap.data.classes import LLP
from leap.data.llp import pack as pack_module
from leap.data.llp.description import FEATURES_VERSION, FeatureDescription, write_description
from leap.data.llp.features import FEATURES, PSEUDO_LABELS, Problem, clap_pooling, load_array, read_features
from leap.data.llp.pack import Packing, pack_llp
from leap.data.store import FeatureStore
from leap.errors import LeapError
from tests.official_tree import make_tree

VIDEOS = {"train": 130, "val": 40, "test": 50}
SOURCES = {source.name: source for source in (*FEATURES, *pack_module.PSEUDO_LABELS)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory, llp_annotations):
    root = tmp_path_factory.mktemp("tree") / "LLP"
    make_tree(root, llp_annotations, VIDEOS)
    return root


@pytest.fixture(scope="module")
def packed(tree, tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "llp.h5"
    assert pack_llp(tree, path) == []
    return path


@pytest.fixture
def small(tmp_path, llp_annotations):
    """A tree of few videos that a test may damage."""
    make_tree(tmp_path / "LLP", llp_annotations, {"train": 3, "val": 2, "test": 2}, clip_clap=False)
    return tmp_path / "LLP"


def load(root, name, video):
    return np.load(root / SOURCES[name].folder / f"{video[:11]}.npy")


def test_features_are_those_of_the_files(tree, packed):
    with FeatureStore(packed) as store:
        assert store.splits == VIDEOS
        for split, index in (("train", 129), ("val", 0), ("test", 17)):
            name, videos = store.ids(split)[index], store.videos(split)
            frames = load(tree, "visual_2d", name)
            seconds = np.stack([frames[8 * t : 8 * t + 8].mean(0) for t in range(10)])
            expected = {"audio": load(tree, "audio", name), "visual_2d": seconds}
            expected["visual_3d"] = load(tree, "visual_3d", name)
            for key, array in expected.items():
                assert np.array_equal(getattr(videos, key)[index], array.astype(np.float16)), key
            clip = load(tree, "clip", name).astype(np.float16)
            assert np.array_equal(store.features(split, "clip")[index], clip)
            for key in ("pseudo_audio", "pseudo_visual"):
                assert np.array_equal(getattr(videos, key)[index], load(tree, key, name))


def test_labels_are_those_of_the_reader(tree, packed):
    with FeatureStore(packed) as store:
        train = read_weak_labels(tree / "annotations", "train")
        assert store.ids("train") == train.filenames
        assert np.array_equal(store.videos("train").weak, train.weak)
        assert store.videos("train").true_audio is None
        truth = read_annotations(tree / "annotations", "test")
        assert all(map(np.array_equal, store.videos("test").truth(), (truth.audio, truth.visual)))


def test_clap_maps_are_pooled_as_valor_pools_them(tree, packed):
    projection = torch.nn.Linear(768, 6)
    with FeatureStore(packed) as store:
        pooled, name = store.features("val", "clap")[3], store.ids("val")[3]
    maps = torch.from_numpy(load(tree, "clap", name)).T.reshape(1, 768, 2, 32)
    fine = interpolate(maps, size=(2, 1024), mode="bicubic").permute(0, 2, 3, 1)
    expected = adaptive_avg_pool1d(projection(fine).mean(1).permute(0, 2, 1), 10)[0].T
    assert torch.allclose(projection(pooled), expected, atol=2e-3)
    assert torch.allclose(torch.from_numpy(clap_pooling().sum(1)), torch.ones(10), atol=1e-5)


def test_kept_frames_in_float32(tree, tmp_path):
    pack_llp(tree, tmp_path / "llp.h5", Packing("kept", "float32"))
    with FeatureStore(tmp_path / "llp.h5") as store:
        videos, name = store.videos("val"), store.ids("val")[5]
        assert np.array_equal(videos.visual_2d[5], load(tree, "visual_2d", name))
        assert np.array_equal(videos.audio[5], load(tree, "audio", name))


def test_same_content_whatever_the_number_of_workers(tree, packed, tmp_path):
    pack_llp(tree, tmp_path / "llp.h5", workers=1)
    assert (tmp_path / "llp.h5").read_bytes() == packed.read_bytes()


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed(tree, packed, tmp_path):
    out = tmp_path / "llp.h5"
    command = [sys.executable, "-m", "leap", "data", "pack", "llp", "--root", tree, "--out", out]
    started = time.perf_counter()
    subprocess.run([*command[:-1], tmp_path / "whole.h5"], check=True, capture_output=True)
    seconds = time.perf_counter() - started
    for moment in np.random.default_rng().uniform(0.3, 1, size=3):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True, capture_output=True)
    assert out.read_bytes() == packed.read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"llp.h5", "whole.h5"}


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_interrupted_after_any_block_and_resumed(tree, packed, tmp_path, monkeypatch, after):
    write, written = pack_module.BlockCache.write, []

    def count(self, split, index, *rest):
        if len(written) == after:
            raise KeyboardInterrupt
        write(self, split, index, *rest)
        written.append((split, index))

    monkeypatch.setattr(pack_module.BlockCache, "write", count)
    with pytest.raises(KeyboardInterrupt):
        pack_llp(tree, tmp_path / "llp.h5")
    assert not (tmp_path / "llp.h5").exists()
    monkeypatch.undo()
    again = []
    monkeypatch.setattr(
        pack_module.BlockCache, "write", lambda *a: (again.append((a[1], a[2])), write(*a))[1]
    )
    pack_llp(tree, tmp_path / "llp.h5")
    assert not set(again) & set(written)
    assert len(again) + after == 5
    assert (tmp_path / "llp.h5").read_bytes() == packed.read_bytes()


def test_blocks_of_other_options_are_not_used(tree, packed, tmp_path, monkeypatch):
    monkeypatch.setattr(pack_module, "write_store", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        pack_llp(tree, tmp_path / "llp.h5", Packing(dtype="float32"))
    monkeypatch.undo()
    pack_llp(tree, tmp_path / "llp.h5")
    assert (tmp_path / "llp.h5").read_bytes() == packed.read_bytes()


def damage(root):
    """Break one file in each of several ways; returns what should be listed."""
    names = {s: read_weak_labels(root / "annotations", s).filenames for s in ("train", "val", "test")}
    path = {key: root / f"feats/{key}" for key in ("vggish", "res152", "r2plus1d_18")}
    first, second, third = (name[:11] for name in names["train"])
    (path["vggish"] / f"{first}.npy").unlink()
    (path["res152"] / f"{second}.npy").write_bytes(b"")
    whole = path["r2plus1d_18"] / f"{third}.npy"
    whole.write_bytes(whole.read_bytes()[:-5])
    val, test = (names[s][0][:11] for s in ("val", "test"))
    np.save(path["vggish"] / f"{val}.npy", np.zeros((9, 128)))
    np.save(path["res152"] / f"{val}.npy", np.full((80, 2048), np.nan, np.float32))
    np.save(path["r2plus1d_18"] / f"{val}.npy", np.full((10, 512), 1e6, np.float32))
    np.save(path["vggish"] / f"{test}.npy", np.array([{"evil": 1}], dtype=object))
    np.save(root / f"CLAP/segment_pseudo_labels/{test}.npy", np.full((10, 25), 2))
    (root / f"CLIP/segment_pseudo_labels/{test}.npy").unlink()
    return 9


def test_missing_and_damaged_files_are_listed(small, leap, tmp_path):
    count = damage(small)
    out = tmp_path / "llp.h5"
    status, _, err = leap("data", "pack", "llp", "--root", small, "--out", out, "--strict")
    assert status == 2
    assert not out.exists()
    assert f"leap: {count} files are missing or damaged" in err
    status, printed, err = leap("data", "pack", "llp", "--root", small, "--out", out)
    assert status == 0
    assert f"{count} files missing or damaged" in printed
    assert "audio 128, visual_2d 2048, visual_3d 512;" in printed
    lines = err.splitlines()
    assert len(lines) == count
    reasons = ("missing", "not a readable .npy", "has shape (9, 128)", "holds NaN", "labels other than")
    assert all(any(reason in line for line in lines) for reason in reasons)
    assert not any(str(small) in line for line in lines)
    with FeatureStore(out) as store:
        assert [f"{file}: {reason}" for file, reason in store.provenance["problems"]] == lines
        train, test = store.videos("train"), store.videos("test")
        assert train.audio[0].eq(0).all()
        assert train.audio[1].any()
        assert torch.equal(test.pseudo_audio[0], test.weak[0].expand(10, -1))
        assert torch.equal(test.pseudo_visual[0], test.weak[0].expand(10, -1))


def test_mended_files_are_read_again(small, tmp_path):
    copytree(small, tmp_path / "sound")
    pack_llp(tmp_path / "sound", tmp_path / "sound.h5")
    damage(small)
    assert pack_llp(small, tmp_path / "llp.h5", strict=True)
    copytree(tmp_path / "sound", small, dirs_exist_ok=True)
    assert pack_llp(small, tmp_path / "llp.h5", strict=True) == []
    with FeatureStore(tmp_path / "llp.h5") as store, FeatureStore(tmp_path / "sound.h5") as sound:
        assert store.checksum == sound.checksum


def test_random_damage_is_a_problem_or_an_array(small):
    source = SOURCES["audio"]
    path = next((small / source.folder).iterdir())
    sound, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(sound)
        content[rng.integers(160)] = rng.integers(256)  # the header is what a reader may fall over
        path.write_bytes(content)
        found = read_features(small, source, path.stem, "float16", kept=False)
        assert isinstance(found, Problem) or (found.shape == (10, 128) and np.isfinite(found).all())


def test_weak_labels_stand_in_for_pseudo_labels(small, refused, leap, tmp_path):
    for folder in ("CLIP", "CLAP"):
        (small / folder).rename(tmp_path / folder)
    command = ("data", "pack", "llp", "--root", small)
    assert "use --pseudo-labels weak" in refused(*command)
    assert leap(*command, "--pseudo-labels", "weak")[0] == 0
    with FeatureStore(small / "llp.h5") as store:
        val = store.videos("val")
        assert torch.equal(val.pseudo_audio, val.weak[:, None].expand(-1, 10, -1))
        assert store.provenance["pseudo_labels"] == "weak"


@pytest.mark.parametrize("order", [range(25), range(24, -1, -1)], ids=["in label order", "reversed"])
def test_label_embeddings_are_packed(small, leap, tmp_path, order):
    vectors = {LLP[c]: torch.full((4,), float(c)) for c in order}
    (small / "label_embeddings").mkdir()
    torch.save(vectors, small / "label_embeddings" / "llp_label_glove_embeddings.pt")
    assert leap("data", "pack", "llp", "--root", small, "--out", tmp_path / "llp.h5")[0] == 0
    with FeatureStore(tmp_path / "llp.h5") as store:
        assert torch.equal(store.label_embedding()[:, 0], torch.arange(25.0))


def test_what_is_not_the_official_layout(small, refused, tmp_path):
    assert "leap data fetch llp --out" in refused("data", "pack", "llp", "--root", tmp_path / "nowhere")
    (small / "feats/vggish").rename(tmp_path / "vggish")
    with pytest.raises(LeapError, match="feats/vggish: no such folder"):
        pack_llp(small, tmp_path / "llp.h5")
    assert "unknown data set 'ave'" in refused("data", "pack", "ave", "--root", small)


def rename_to_whole_names(folder):
    for path in folder.rglob("*.npy"):
        path.rename(path.with_name(f"{path.stem}_0_10.npy"))


@pytest.mark.parametrize("folder", ["feats/vggish", "feats/res152", "CLIP/segment_pseudo_labels"])
def test_a_folder_whose_files_have_other_names_is_refused(small, tmp_path, folder):
    """A store of zeros must not come of official files that are not named by the id."""
    rename_to_whole_names(small / folder)
    message = (
        rf"{folder}: holds no file of any of the 7 videos; they are named such as train000000\.npy, "
        r"and there is \w+_0_10\.npy"
    )
    with pytest.raises(LeapError, match=message):
        pack_llp(small, tmp_path / "llp.h5")
    assert not (tmp_path / "llp.h5").exists()


def test_files_of_described_folders_are_named_by_the_video_or_else_by_its_id(small, tmp_path):
    for source in (*FEATURES, *PSEUDO_LABELS):
        if (small / source.folder).is_dir():
            classes = LLP if source in PSEUDO_LABELS else ()
            description = FeatureDescription(source.name, FEATURES_VERSION[source.name], {}, classes)
            write_description(small / source.folder, description)
    pack_llp(small, tmp_path / "by_id.h5")
    kept = (small / "feats/vggish/train000000.npy").read_bytes()
    rename_to_whole_names(small)
    (small / "feats/vggish/train000000_0_10.npy").rename(small / "feats/vggish/train000000.npy")
    assert pack_llp(small, tmp_path / "by_name.h5") == []
    assert checksum(tmp_path / "by_name.h5") == checksum(tmp_path / "by_id.h5")
    (small / "feats/vggish/train000000_0_10.npy").write_bytes(kept)
    (small / "feats/vggish/train000000.npy").write_bytes(b"the file with the whole name takes precedence")
    assert pack_llp(small, tmp_path / "both.h5") == []
    assert checksum(tmp_path / "both.h5") == checksum(tmp_path / "by_id.h5")


def checksum(path):
    with FeatureStore(path) as store:
        return store.checksum


def test_pseudo_labels_are_put_in_the_order_of_the_classes(small, tmp_path):
    pack_llp(small, tmp_path / "official.h5")
    folder, order = small / "CLAP/segment_pseudo_labels", np.random.default_rng(0).permutation(25)
    for path in folder.glob("*.npy"):
        np.save(path, np.load(path)[:, order])
    classes = tuple(LLP[c] for c in order)
    write_description(
        folder, FeatureDescription("pseudo_audio", FEATURES_VERSION["pseudo_audio"], {}, classes)
    )
    pack_llp(small, tmp_path / "described.h5")
    assert checksum(tmp_path / "described.h5") == checksum(tmp_path / "official.h5")
    with FeatureStore(tmp_path / "described.h5") as store:
        assert store.provenance["features"]["audio"] == "official"
        assert store.provenance["features"]["pseudo_audio"]["classes"] == list(classes)


@pytest.mark.parametrize(("split", "line"), [("train", 5), ("val", 4)])
def test_a_video_in_two_places_is_refused_and_both_named(small, tmp_path, split, line):
    path = small / "annotations" / SPLIT_FILES[split]
    path.write_text(path.read_text() + "train000001_0_10\tSpeech\n")
    message = rf"{path.name}:{line}: train000001_0_10 is listed already in AVVP_train\.csv, line 3"
    with pytest.raises(LeapError, match=message):
        pack_llp(small, tmp_path / "llp.h5")
    assert not list(tmp_path.glob("*llp.h5*"))


@pytest.mark.parametrize("kind", ["audio", "pseudo_audio"])
def test_files_that_changed_since_an_interruption_are_read_again(small, tmp_path, monkeypatch, kind):
    with monkeypatch.context() as patch:
        patch.setattr(pack_module, "write_store", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pack_llp(small, tmp_path / "llp.h5")
    path = small / SOURCES[kind].folder / "train000001.npy"
    np.save(path, 1 - np.clip(np.load(path), 0, 1))
    written = []
    write = pack_module.BlockCache.write
    monkeypatch.setattr(pack_module.BlockCache, "write", lambda *a: (written.append(a[1]), write(*a))[1])
    pack_llp(small, tmp_path / "llp.h5")
    assert written == ["train"]
    pack_llp(small, tmp_path / "afresh.h5")
    assert checksum(tmp_path / "llp.h5") == checksum(tmp_path / "afresh.h5")


def test_what_the_store_refuses_is_said_of_its_file(small, tmp_path):
    embedding = np.full((25, 4), np.nan, np.float32)
    with pytest.raises(LeapError, match=rf"^{tmp_path}/llp\.h5: label_embedding holds NaN, infinity"):
        pack_llp(small, tmp_path / "llp.h5", label_embedding=embedding)


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied", "x.npy")

    assert load_array(tmp_path, "x.npy") == Problem("x.npy", "missing")
    monkeypatch.setattr("leap.data.llp.features.read_npy", refuse)
    assert load_array(tmp_path, "x.npy") == Problem("x.npy", "permission denied")
