import dataclasses
import json
import os
import subprocess
import sys
from contextlib import suppress

import h5py
import numpy as np
import pytest
import torch

from leap.data.registry import open_dataset
from leap.data.store import Blocks, FeatureStore, write_store
from leap.data.store.layout import Checksum, content_checksum
from leap.data.videos import Videos
from leap.errors import LeapError

CLASSES = ("cat", "dog", "hen")


def arrays(n=3, t=4, seed=0, visual_3d=False):
    rng = np.random.default_rng(seed)
    labels = {
        name: rng.integers(2, size=(n, t, 3), dtype=np.uint8)
        for name in ("pseudo_audio", "pseudo_visual", "true_audio", "true_visual")
    }
    features = {"audio": 5, "visual_2d": 6} | ({"visual_3d": 7} if visual_3d else {})
    return {
        "ids": [f"video-{seed}-{i}" for i in range(n)],
        "weak": labels["true_audio"].max(1),
        **{name: rng.standard_normal((n, t, width)) for name, width in features.items()},
        **labels,
    }


def write(path, **changes):
    splits = {split: arrays(n, seed=n) for split, n in (("train", 5), ("val", 2), ("test", 3))}
    values = {"dataset": "toy", "classes": CLASSES, "provenance": {"seed": 1}, "splits": splits} | changes
    write_store(path, **values)
    return values["splits"]


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "toy.h5")
    return tmp_path / "toy.h5"


def change(path, edit):
    with h5py.File(path, "r+") as file:
        edit(file)


def test_teacher_scores_are_real_numbers_per_segment_and_class(tmp_path):
    splits = {split: arrays(n, seed=n) for split, n in (("train", 5), ("val", 2), ("test", 3))}
    scores = {
        split: np.random.default_rng(9).standard_normal((2, n, 4, 3))
        for split, n in (("train", 5), ("val", 2), ("test", 3))
    }
    for split, given in splits.items():
        given["teacher_audio"], given["teacher_visual"] = scores[split]
    write(tmp_path / "toy.h5", splits=splits)
    with FeatureStore(tmp_path / "toy.h5") as store:
        for read, given in zip(store.teacher_scores("val"), scores["val"], strict=True):
            np.testing.assert_array_equal(read, given.astype(np.float16))
        assert store.widths == {"audio": 5, "visual_2d": 6}  # scores are no inputs of a parser
        assert store.has("val", "teacher_audio")


def test_stores_without_teacher_scores_say_so(path):
    with FeatureStore(path) as store, pytest.raises(LeapError, match=r"toy\.h5: holds pseudo-labels without"):
        assert not store.has("val", "teacher_audio")
        store.teacher_scores("val")


@pytest.mark.parametrize("damage", ["one split", "width", "type"])
def test_teacher_scores_fit_the_labels(tmp_path, damage):
    splits = {split: arrays(n, seed=n) for split, n in (("train", 5), ("val", 2), ("test", 3))}
    for split, given in splits.items():
        shape = (len(given["ids"]), 4, 2 if damage == "width" else 3)
        if damage != "one split" or split == "train":
            given["teacher_audio"] = given["teacher_visual"] = np.zeros(shape)
    if damage == "type":
        splits["val"]["teacher_audio"] = np.full((2, 4, 3), np.inf)
    with pytest.raises(LeapError, match="teacher_audio"):
        write(tmp_path / "toy.h5", splits=splits)
    assert not (tmp_path / "toy.h5").exists()


def test_round_trip(tmp_path):
    path = tmp_path / "toy.h5"
    splits = write(path)
    with open_dataset(str(path)) as store:
        assert (store.dataset, store.classes, store.provenance) == ("toy", CLASSES, {"seed": 1})
        assert store.splits == {"train": 5, "val": 2, "test": 3}
        assert (store.segments, store.widths) == (4, {"audio": 5, "visual_2d": 6})
        assert store.ids("val") == ("video-2-0", "video-2-1")
        videos = store.videos("train")
    assert videos.visual_3d is None
    for name in ("audio", "visual_2d", "weak", "pseudo_audio", "pseudo_visual", "true_audio", "true_visual"):
        tensor = getattr(videos, name)
        assert tensor.dtype == torch.float32
        assert np.array_equal(tensor.numpy(), splits["train"][name].astype(np.float16)), name


def test_clip_features_are_optional(tmp_path):
    with_clips = {split: arrays(visual_3d=True) for split in ("train", "val", "test")}
    write(tmp_path / "toy.h5", splits=with_clips)
    with FeatureStore(tmp_path / "toy.h5") as store:
        assert store.widths["visual_3d"] == 7
        assert store.videos("test").visual_3d.shape == (3, 4, 7)


def test_checksum_is_of_the_content(path, tmp_path):
    with FeatureStore(path) as store:
        checksum = store.checksum
    assert len(checksum) == 64

    def unpack(file):
        values, sha256 = file["val/audio"][()], file["val/audio"].attrs["sha256"]
        del file["val/audio"]
        file["val"].create_dataset("audio", data=values).attrs["sha256"] = sha256

    change(path, unpack)
    with FeatureStore(path) as store:
        assert store.checksum == checksum
        store.videos("val")
    write(tmp_path / "other.h5", classes=("cat", "dog", "pig"))
    with FeatureStore(tmp_path / "other.h5") as store:
        assert store.checksum != checksum


def test_same_content_same_bytes(path, tmp_path):
    write(tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_no_such_file_or_split(path, tmp_path):
    with pytest.raises(LeapError, match=r"nowhere.h5: no such file$"):
        FeatureStore(tmp_path / "nowhere.h5")
    with (
        FeatureStore(path) as store,
        pytest.raises(LeapError, match="no split 'dev'; it has train, val, test"),
    ):
        store.videos("dev")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "unable to open file: errno = 13"), "permission denied"),
        (
            BlockingIOError(11, "unable to lock file, errno = 11"),
            "locked by another process (on network mounts",
        ),
        (OSError(37, "unable to lock file, errno = 37"), "set HDF5_USE_FILE_LOCKING=FALSE)"),
    ],
)
def test_refusals_of_the_operating_system_are_not_called_damage(path, monkeypatch, error, reason):
    def refuse(*args):
        raise error

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(LeapError) as raised:
        FeatureStore(path)
    assert reason in str(raised.value)
    assert "damaged" not in str(raised.value)


FAILED_READ = "Can't synchronously read data (file read failed: time = Thu, errno = {}, error message = '')"


@pytest.mark.parametrize(("number", "reason"), [(5, "the disk or the network failed"), (116, "stale file")])
def test_a_read_that_fails_in_the_middle_of_a_file_is_not_called_damage(path, monkeypatch, number, reason):
    def fail(kind):
        def read(*args):
            raise kind

        return read

    message = FAILED_READ.format(number)
    with FeatureStore(path) as store:
        monkeypatch.setattr(h5py.Dataset, "__getitem__", fail(OSError(number, message)))
        for read in (lambda: store.videos("val"), lambda: store.ids("val"), lambda: store.video("val", 0)):
            with pytest.raises(LeapError, match=rf"^[^\n]*toy\.h5: {reason}[^\n]*$"):
                read()
    for kind in (KeyError, RuntimeError):
        monkeypatch.setattr(h5py.Group, "__getitem__", fail(kind(message)))
        with pytest.raises(LeapError, match=rf"^[^\n]*toy\.h5: {reason}[^\n]*$"):
            FeatureStore(path)


def test_a_file_that_another_process_writes_is_called_locked(path):
    code = f"import h5py; file = h5py.File({str(path)!r}, 'a'); print(flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        with pytest.raises(LeapError, match=r"toy\.h5: locked by another process"):
            FeatureStore(path)
        writer.communicate(b"\n")
    FeatureStore(path).close()


def test_a_folder_is_called_so(tmp_path):
    with pytest.raises(LeapError, match=r": is a folder$"):
        FeatureStore(tmp_path)


FIELDS = [field.name for field in dataclasses.fields(Videos)]


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_one_video_equals_its_row_of_the_split(path, split):
    with FeatureStore(path) as store:
        whole = store.videos(split)
        for index in range(len(whole)):
            one = store.video(split, index)
            for name in FIELDS:
                value, expected = getattr(one, name), getattr(whole, name)
                assert (value is None) == (expected is None), name
                assert value is None or torch.equal(value, expected[index : index + 1]), name
                assert value is None or value.dtype == expected.dtype == torch.float32


def test_one_video_takes_other_features(tmp_path):
    splits = {split: arrays() for split in ("train", "val", "test")}
    for group in splits.values():
        group |= {"clap": np.full((3, 4, 8), 0.5), "clip": np.full((3, 4, 9), 0.25)}
    write(tmp_path / "toy.h5", splits=splits)
    with FeatureStore(tmp_path / "toy.h5") as store:
        one = store.video("val", 1, ("clap", "clip"))
        assert torch.equal(one.audio, torch.full((1, 4, 8), 0.5))
        assert torch.equal(one.visual_2d, torch.full((1, 4, 9), 0.25))
        with pytest.raises(LeapError, match="no features 'vggish'"):
            store.video("val", 1, ("vggish", "clip"))


def test_one_video_is_read_without_the_others(path):
    """Damage elsewhere in the split does not matter; damage of the video's own values does."""
    values = np.full((5, 4, 5), 0.5, np.float16)
    values[3, 0, 0] = np.nan
    change(path, lambda file: _replace(file, "train/audio", values))
    with FeatureStore(path) as store:
        assert torch.equal(store.video("train", 2).audio, torch.full((1, 4, 5), 0.5))
        with pytest.raises(LeapError, match="train/audio holds NaN, infinity"):
            store.video("train", 3)


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_such_video(path, index):
    with FeatureStore(path) as store, pytest.raises(LeapError, match=f"no video {index}; test has 3, from 0"):
        store.video("test", index)


@pytest.mark.parametrize("keep", [0, 100, 2000, -1])
def test_truncated_file(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(LeapError, match=r"toy.h5: .*make or download the data set again"):
        FeatureStore(path)


def test_other_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1]
    with pytest.raises(LeapError, match=r"other.h5: an HDF5 file, but not a feature store"):
        FeatureStore(tmp_path / "other.h5")


def _resize(file, name, shape):
    dtype = file[name].dtype
    del file[name]
    file.create_dataset(name, data=np.zeros(shape, dtype)).attrs["sha256"] = np.bytes_("0")


def _add(file, name, shape):
    file.create_dataset(name, data=np.zeros(shape, np.float16)).attrs["sha256"] = np.bytes_("0")


def _declare(file, name, shape, **layout):
    """An array of which nothing is written, with the checksum that was there."""
    sha256 = file[name].attrs["sha256"]
    del file[name]
    file.create_dataset(name, shape, np.float16, **layout).attrs["sha256"] = sha256


def _header(file, **changes):
    header = json.loads(file.attrs["header"]) | changes
    file.attrs["header"] = np.bytes_(json.dumps(header))


def _replace(file, name, values):
    """Other values, with the checksums that belong to them."""
    checksum = Checksum()
    checksum.add(values)
    del file[name]
    file.create_dataset(name, data=values).attrs["sha256"] = checksum.value()
    file.attrs["checksum"] = content_checksum(file, "toy", CLASSES)


DAMAGES = {
    "test/true_visual is missing": lambda file: file.__delitem__("test/true_visual"),
    "split 'val' is missing": lambda file: file.__delitem__("val"),
    "val/ids is missing": lambda file: file.__delitem__("val/ids"),
    "format version 99": lambda file: file.attrs.modify("version", 99),
    "structure of the file is damaged": lambda file: file.attrs.modify("header", np.bytes_("[")),
    "val/weak has no checksum": lambda file: file["val/weak"].attrs.__delitem__("sha256"),
    "val/weak is": lambda file: _resize(file, "val/weak", (2, 4)),
    "val/audio is": lambda file: _resize(file, "val/audio", (2, 4, 9)),
    "test/true_audio is": lambda file: _resize(file, "test/true_audio", (3, 5, 3)),
    "train/true_audio is missing": lambda file: _resize(file, "train/true_audio", ()),
    "train/true_audio is": lambda file: _resize(file, "train/true_audio", (5,)),
    "split 'train' holds no videos or no segments": lambda file: _resize(file, "train/audio", (5,)),
    "train/visual_2d is": lambda file: _resize(file, "train/visual_2d", (5, 6, 6)),
    "train/true_visual is missing": lambda file: file.__delitem__("train/true_visual"),
    "test/clip is not in every split": lambda file: _add(file, "test/clip", (3, 4, 9)),
    "label_embedding is": lambda file: _add(file, "label_embedding", (2, 9)),
    "val/audio is larger than what the file can hold": lambda file: _declare(file, "val/audio", (2, 4, 5)),
    "test/audio is larger than what the file can hold": lambda file: _declare(
        file, "test/audio", (3, 2**20, 2**20), chunks=(1, 64, 64), compression="gzip"
    ),
    "train/audio is larger than what the file can hold": lambda file: _declare(
        file, "train/audio", (5, 4, 5), chunks=(64, 2**10, 2**10), maxshape=(None,) * 3, compression="gzip"
    ),
    "it needs class names, each only once": lambda file: _header(file, classes=["cat", "cat", "hen"]),
    "the structure of the file is damaged": lambda file: _header(file, classes=["cat", "dog", 3]),
    "the structure of the file": lambda file: _header(file, provenance=[]),
    "do not match the checksum": lambda file: file["val/weak"].attrs.modify("sha256", np.bytes_("0" * 64)),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_damaged_structure(path, message):
    change(path, DAMAGES[message])
    with pytest.raises(LeapError, match=rf"toy.h5: .*{message}"):
        FeatureStore(path)


def test_changed_values(path):
    change(path, lambda file: file["val/audio"].write_direct(np.ones((2, 4, 5), np.float16)))
    with FeatureStore(path) as store:
        store.videos("train")
        with pytest.raises(LeapError, match="val/audio does not match its checksum"):
            store.videos("val")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_features_that_are_not_finite_are_not_written(tmp_path, value):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["val"]["audio"][1, 2, 3] = value
    with pytest.raises(LeapError, match="val/audio holds NaN, infinity"):
        write(tmp_path / "toy.h5", splits=splits)
    assert not list(tmp_path.iterdir())


def test_labels_are_zeros_and_ones(tmp_path):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["test"]["weak"][0, 0] = 2
    with pytest.raises(LeapError, match="test/weak holds labels other than 0 and 1"):
        write(tmp_path / "toy.h5", splits=splits)


@pytest.mark.parametrize("value", [256, 0.5, -255, np.nan])
def test_labels_that_would_become_zeros_and_ones_are_not_written(tmp_path, value):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["test"]["weak"] = splits["test"]["weak"].astype(float)
    splits["test"]["weak"][0, 0] = value
    with pytest.raises(LeapError, match="test/weak: labels other than 0 and 1 were given"):
        write(tmp_path / "toy.h5", splits=splits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["one\0", "\udcff"])
def test_names_that_would_change_are_not_written(tmp_path, name):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["val"]["ids"][1] = name
    with pytest.raises(LeapError, match="cannot be stored as the name of a video"):
        write(tmp_path / "toy.h5", splits=splits)


def test_a_video_stands_once_in_a_split(tmp_path):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["val"]["ids"][2] = splits["val"]["ids"][0]
    message = rf"^{tmp_path}/toy\.h5: val/ids names 'video-0-0' in rows 0 and 2; make or download"
    with pytest.raises(LeapError, match=message):
        write(tmp_path / "toy.h5", splits=splits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_label_embeddings_are_finite(tmp_path, value):
    path, embedding = tmp_path / "toy.h5", np.eye(3, 4)
    write(path, label_embedding=embedding)
    embedding[1, 2] = value
    with pytest.raises(LeapError, match=rf"^{path}: label_embedding holds NaN, infinity"):
        write(path, label_embedding=embedding)
    with FeatureStore(path) as store:
        assert store.label_embedding().isfinite().all()


def _outside_link(file):
    del file["val/audio"]
    file["val/audio"] = h5py.ExternalLink("elsewhere.h5", "/val/audio")


def _outside_values(file):
    sha256 = file["val/audio"].attrs["sha256"]
    del file["val/audio"]
    outside = file["val"].create_dataset("audio", (2, 4, 5), np.float16, external=[("elsewhere.bin", 0, 80)])
    outside.attrs["sha256"] = sha256


def _outside_array(file):
    layout = h5py.VirtualLayout((2, 4, 5), np.float16)
    layout[...] = h5py.VirtualSource("elsewhere.h5", "/val/audio", (2, 4, 5))
    del file["val/audio"]
    file["val"].create_virtual_dataset("audio", layout)


def _soft_link(file):
    del file["val"]
    file["val"] = h5py.SoftLink("/test")


def _unused_link(file):
    file["more"] = h5py.ExternalLink("elsewhere.h5", "/")


@pytest.mark.parametrize("damage", [_outside_link, _outside_values, _outside_array, _soft_link, _unused_link])
def test_content_of_other_files_is_refused(path, damage):
    change(path, damage)
    with pytest.raises(LeapError, match="not allowed"):
        FeatureStore(path)


def test_a_link_is_refused_before_it_is_followed(path, tmp_path):
    os.mkfifo(tmp_path / "pipe")  # whoever opens it waits

    def damage(file):
        del file["val/audio"]
        file["val/audio"] = h5py.ExternalLink("pipe", "/")

    change(path, damage)
    with pytest.raises(LeapError, match="val/audio is a link to another place, which is not allowed"):
        FeatureStore(path)


@pytest.mark.parametrize("place", ["values", "header", "checksum", "sha256"])
def test_references_are_refused(path, place):
    def damage(file):
        reference = file["test/audio"].ref
        if place == "values":
            sha256 = file["val/audio"].attrs["sha256"]
            del file["val/audio"]
            file.create_dataset("val/audio", (2, 4, 5), h5py.ref_dtype).attrs["sha256"] = sha256
            file["val/audio"][...] = reference
        else:
            (file["val/audio"] if place == "sha256" else file).attrs[place] = reference

    change(path, damage)
    with pytest.raises(LeapError, match=r"val/audio is .* object, but|structure of the file is damaged"):
        FeatureStore(path)


def test_names_that_are_no_text_are_refused(path):
    change(path, lambda file: _replace(file, "val/ids", np.array([b"one", b"\xff"])))
    with FeatureStore(path) as store:
        for read in (store.verify, lambda: store.ids("val")):
            with pytest.raises(LeapError, match="val/ids holds names that are not in UTF-8"):
                read()


def test_any_damaged_byte_is_a_user_error_or_harmless(path):
    """Where a changed file can still be read, nothing that is read has changed."""
    sound = path.read_bytes()
    with FeatureStore(path) as store:
        audio = store.videos("val").audio
    for place in np.random.default_rng(0).integers(len(sound), size=150):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :])
        with suppress(LeapError), FeatureStore(path) as store:
            assert torch.equal(store.videos("val").audio, audio)


def test_long_provenance(tmp_path):
    write(tmp_path / "toy.h5", provenance={"notes": "x" * 100_000})
    with FeatureStore(tmp_path / "toy.h5") as store:
        assert len(store.provenance["notes"]) == 100_000


def test_training_videos_may_lack_dense_labels(tmp_path):
    splits = {split: arrays() for split in ("train", "val", "test")}
    for name in ("true_audio", "true_visual"):
        del splits["train"][name]
    write(tmp_path / "toy.h5", splits=splits)
    with FeatureStore(tmp_path / "toy.h5") as store:
        train, val = store.videos("train"), store.videos("val")
    with pytest.raises(LeapError, match="no dense labels to score against"):
        train.truth()
    assert np.array_equal(val.truth()[1], splits["val"]["true_visual"])
    del splits["val"]["true_audio"]
    with pytest.raises(LeapError, match="val/true_audio is missing"):
        write(tmp_path / "other.h5", splits=splits)


def _in_blocks(values, size):
    array = np.asarray(values)
    return Blocks(array.shape, [array[i : i + size] for i in range(0, len(array), size)])


@pytest.mark.parametrize("compress", [True, False])
def test_blocks_equal_whole_arrays(path, tmp_path, compress):
    splits = {split: arrays(n, seed=n) for split, n in (("train", 5), ("val", 2), ("test", 3))}
    for group in splits.values():
        group |= {name: _in_blocks(group[name], 2) for name in group if name != "ids"}
    write(tmp_path / "blocks.h5", splits=splits, compress=compress)
    with FeatureStore(path) as whole, FeatureStore(tmp_path / "blocks.h5") as blocks:
        assert blocks.checksum == whole.checksum
        assert torch.equal(blocks.videos("train").audio, whole.videos("train").audio)


@pytest.mark.parametrize(
    ("shape", "message"), [((4, 4, 5), "3 rows were given"), ((2, 4, 5), "does not fit")]
)
def test_blocks_that_do_not_fill_the_array(tmp_path, shape, message):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["val"]["audio"] = Blocks(shape, [np.zeros((3, 4, 5))])
    with pytest.raises(LeapError, match=message):
        write(tmp_path / "toy.h5", splits=splits)
    assert not list(tmp_path.iterdir())


def test_float32_keeps_what_float16_cannot(tmp_path):
    splits = {split: arrays() for split in ("train", "val", "test")}
    splits["val"]["audio"][1, 2, 3] = 1e6
    write(tmp_path / "toy.h5", splits=splits, dtype="float32")
    with FeatureStore(tmp_path / "toy.h5") as store:
        assert np.array_equal(store.videos("val").audio, splits["val"]["audio"].astype(np.float32))


def test_kept_frames_further_features_and_label_embeddings(tmp_path):
    splits = {split: arrays() for split in ("train", "val", "test")}
    for group in splits.values():
        group["visual_2d"] = np.repeat(group["visual_2d"], 3, axis=1)  # (N, T·3, V)
        group["clip"] = np.full((3, 4, 8), 0.5)
    labels = np.arange(6.0).reshape(3, 2)
    write(tmp_path / "toy.h5", splits=splits, label_embedding=labels)
    with FeatureStore(tmp_path / "toy.h5") as store:
        assert store.videos("test").visual_2d.shape == (3, 12, 6)
        assert store.widths == {"audio": 5, "visual_2d": 6, "clip": 8}
        assert torch.equal(store.features("val", "clip"), torch.full((3, 4, 8), 0.5))
        assert np.array_equal(store.label_embedding(), labels)
        with pytest.raises(LeapError, match="no features 'clap'; it has audio, visual_2d, clip"):
            store.features("val", "clap")


def test_no_label_embeddings(path):
    with FeatureStore(path) as store, pytest.raises(LeapError, match="holds no label embeddings"):
        store.label_embedding()


def test_data_sets_in_the_users_folder(path, monkeypatch):
    monkeypatch.delenv("LEAP_DATA", raising=False)
    with pytest.raises(LeapError, match=r"llp: set LEAP_DATA to the folder that holds llp.h5"):
        open_dataset("llp")
    monkeypatch.setenv("LEAP_DATA", str(path.parent))
    path.rename(path.parent / "llp.h5")
    with open_dataset("llp") as store:
        assert store.dataset == "toy"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_features_that_are_not_finite_are_not_read(path, value, dtype):
    values = np.full((2, 4, 5), np.finfo(dtype).max, dtype)
    change(path, lambda file: _replace(file, "val/audio", values))
    with FeatureStore(path) as store:
        assert store.videos("val").audio.max() == np.finfo(dtype).max
    values[1, 2, 3] = value
    change(path, lambda file: _replace(file, "val/audio", values))
    with FeatureStore(path) as store, pytest.raises(LeapError, match="val/audio holds NaN, infinity"):
        store.videos("val")


def test_features_that_single_precision_cannot_hold_are_refused(path):
    change(path, lambda file: _replace(file, "val/audio", np.full((2, 4, 5), 1e300)))
    with FeatureStore(path) as store, pytest.raises(LeapError, match="too large for float32"):
        store.videos("val")


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
def test_every_type_of_floats_is_read(path, dtype):
    """Of files that others wrote; the checksum is of values in little-endian order."""
    values = arrays()["audio"][:2].astype(dtype)
    change(path, lambda file: _replace(file, "val/audio", values))
    with FeatureStore(path) as store:
        assert np.array_equal(store.videos("val").audio.numpy(), values.astype(np.float32))
