import json

import numpy as np
import pytest

from leap.data.annotations import read_annotations
from leap.data.llp.check_pseudo_labels import check_pseudo_labels
from leap.data.llp.features import PSEUDO_LABELS
from tests.official_tree import make_up_tree, save

AUDIO, VISUAL = PSEUDO_LABELS
VIDEOS = {"val": 4, "test": 6}


@pytest.fixture
def root(tmp_path):
    """A tree whose pseudo-labels are the true ones in audio, and the weak label everywhere in visual."""
    root = make_up_tree(tmp_path, VIDEOS | {"train": 2})
    for split in VIDEOS:
        truth = read_annotations(root / "annotations", split)
        for name, weak, audio in zip(truth.filenames, truth.weak, truth.audio, strict=True):
            save(root, AUDIO, name, audio.astype(np.int64))
            save(root, VISUAL, name, np.repeat(weak[None].astype(np.int64), 10, axis=0))
    return root


def test_quality_by_hand(root):
    """Of the two classes of a video, one occurs in five of ten seconds, and one never."""
    found, problems = check_pseudo_labels(root, root / "annotations")
    assert problems == []
    assert [(one.split, one.modality, one.videos) for one in found] == [
        (split, modality, VIDEOS[split]) for split in VIDEOS for modality in ("audio", "visual")
    ]
    for audio, visual in (found[:2], found[2:]):
        assert audio[3:] == (100, 100, 100, 100, audio.videos, 0)
        assert visual[3:] == pytest.approx((25, 100, 40, 100 * (2 / 3 + 0) / 2, visual.videos, 100))


def test_labels_outside_the_weak_label_do_not_count(root):
    truth = read_annotations(root / "annotations", "val")
    for name, weak, audio in zip(truth.filenames, truth.weak, truth.audio, strict=True):
        save(root, AUDIO, name, np.maximum(audio, 1 - weak).astype(np.int64))
    found, _ = check_pseudo_labels(root, root / "annotations")
    assert found[0][3:] == (100, 100, 100, 100, VIDEOS["val"], 0)


def test_videos_without_a_usable_file_are_left_out_and_named(root):
    truth = read_annotations(root / "annotations", "test")
    save(root, AUDIO, truth.filenames[0], np.full(AUDIO.shape, 2))
    (root / AUDIO.folder / f"{truth.filenames[1][:11]}.npy").unlink()
    found, problems = check_pseudo_labels(root, root / "annotations")
    assert [one.videos for one in found] == [4, 4, 4, 6]
    assert [problem.reason for problem in problems] == ["holds labels other than 0 and 1", "missing"]


def test_a_split_without_files_has_no_row(root):
    for name in read_annotations(root / "annotations", "val").filenames:
        (root / VISUAL.folder / f"{name[:11]}.npy").unlink()
    found, _ = check_pseudo_labels(root, root / "annotations")
    assert [(one.split, one.modality) for one in found] == [
        ("val", "audio"),
        ("test", "audio"),
        ("test", "visual"),
    ]


def test_command(leap, root, tmp_path):
    status, out, error = leap("data", "check", "llp", "--pseudo", root)
    assert (status, error) == (0, "")
    _, _, _, test_audio, test_visual = (line.split() for line in out.splitlines())
    assert test_audio == ["test", "audio", "6", "100.0", "100.0", "100.0", "100.0", "6", "0.0"]
    assert test_visual == ["test", "visual", "6", "25.0", "100.0", "40.0", "33.3", "6", "100.0"]
    (root / "annotations").rename(tmp_path / "elsewhere")
    next((root / AUDIO.folder).glob("test_*.npy")).unlink()
    command = ("data", "check", "llp", "--pseudo", root, "--annotations", tmp_path / "elsewhere")
    status, out, error = leap(*command, "--json", "--strict")
    assert status == 2
    assert [row["videos"] for row in json.loads(out)] == [4, 4, 5, 6]
    assert "missing; its video is left out" in error


def test_what_cannot_be_checked_is_refused_in_one_line(refused, root, tmp_path):
    assert "give --annotations, --pseudo or both" in refused("data", "check", "llp")
    assert "CLAP/segment_pseudo_labels: no such folder; `leap data fetch llp --valor`" in refused(
        "data", "check", "llp", "--pseudo", tmp_path
    )
    for path in (root / VISUAL.folder).glob("*.npy"):
        path.write_bytes(b"")
    for path in (root / AUDIO.folder).glob("*.npy"):
        path.write_bytes(b"")
    assert "no usable pseudo-labels" in refused("data", "check", "llp", "--pseudo", root)
    for path in (root / AUDIO.folder).glob("*.npy"):
        path.unlink()
    assert "holds no file of any of the 10 videos" in refused("data", "check", "llp", "--pseudo", root)
