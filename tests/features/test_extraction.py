import os
import resource
import signal
import time
from shutil import copytree

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from leap.data.llp.description import FEATURES_VERSION, FILE, read_description
from leap.errors import LeapError
from leap.features.extraction import Extraction, extract_folder
from leap.features.extractors import EXTRACTORS
from leap.features.media import open_clip
from leap.features.networks.r2plus1d import R2Plus1D
from leap.features.weights import weights_digest
from tests.features.media.clips import numbered, tone, write_clip

KINDS = ["visual_3d"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    save_file(R2Plus1D().state_dict(), folder / "r2plus1d_18.safetensors")
    return folder


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    write_clip(folder / "one.mkv", numbered(8))
    write_clip(folder / "two.mkv", numbered(16))
    write_clip(folder / "heard.mkv", samples=tone(1))
    (folder / "text.mp4").write_text("no video")
    (folder / ".hidden").write_text("no video")
    return folder


def test_a_folder_becomes_files_of_the_official_layout(videos, weights, tmp_path):
    out = tmp_path / "out"
    problems = extract_folder(videos, out, KINDS, Extraction(weights), workers=2)
    assert len(problems) == 1
    assert "text.mp4: not a media file" in problems[0]
    files = {path.name: path for path in (out / "feats" / "r2plus1d_18").glob("*.npy")}
    assert set(files) == {"one.npy", "two.npy", "heard.npy"}
    found = {name: np.load(path, allow_pickle=False) for name, path in files.items()}
    assert [found[name].shape for name in ("one.npy", "two.npy")] == [(1, 512), (2, 512)]
    assert not found["heard.npy"].any()
    expected = EXTRACTORS["visual_3d"](open_clip(videos / "two.mkv"), weights)
    np.testing.assert_allclose(found["two.npy"], expected, rtol=1e-4, atol=1e-5)


class Cheap(Extraction):
    """Features without a network."""

    def __call__(self, kind, clip):
        return np.ones((clip.segments, 512), np.float32)


def test_files_that_exist_are_kept(videos, weights, tmp_path):
    kept = tmp_path / "feats" / "r2plus1d_18" / "two.npy"
    extract_folder(videos, tmp_path, KINDS, Cheap(weights))
    (kept.parent / "one.npy").unlink()
    np.save(kept, np.zeros(3))
    extract_folder(videos, tmp_path, KINDS, Cheap(weights))
    assert {path.name for path in kept.parent.glob("*.npy")} == {"one.npy", "two.npy", "heard.npy"}
    assert np.load(kept, allow_pickle=False).shape == (3,)


def test_a_folder_of_other_settings_gets_no_files(videos, weights, tmp_path):
    out = tmp_path / "out"
    folder = out / "feats" / "r2plus1d_18"
    extract_folder(only(videos, "one"), out, KINDS, Cheap(weights))
    description = read_description(folder)
    assert (description.kind, description.version) == ("visual_3d", FEATURES_VERSION["visual_3d"])
    assert description.networks == {"r2plus1d_18": weights_digest("r2plus1d_18", weights)}
    write_clip(videos / "new.mkv", numbered(8))
    copytree(weights, tmp_path / "weights")
    torch.manual_seed(1)
    save_file(R2Plus1D().state_dict(), tmp_path / "weights" / "r2plus1d_18.safetensors")
    with pytest.raises(LeapError, match="r2plus1d_18: was made with other weights; choose another --out"):
        extract_folder(videos, out, KINDS, Cheap(tmp_path / "weights"))
    (folder / FILE).unlink()
    with pytest.raises(LeapError, match=r"r2plus1d_18: has arrays but no \.description\.json"):
        extract_folder(videos, out, KINDS, Cheap(weights))
    assert [path.name for path in folder.iterdir()] == ["one.npy"]


def test_the_description_is_there_before_the_first_array(videos, weights, tmp_path):
    def stop(*arguments):
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leap.features.extraction._run", stop)
        with pytest.raises(KeyboardInterrupt):
            extract_folder(videos, out, KINDS, Cheap(weights))
    assert [path.name for path in (out / "feats" / "r2plus1d_18").iterdir()] == [FILE]
    extract_folder(videos, out, KINDS, Cheap(weights))
    assert len(list((out / "feats" / "r2plus1d_18").glob("*.npy"))) == 3


def test_names_have_one_spelling_and_may_begin_with_a_hyphen(videos, weights, tmp_path):
    """macOS stores the letter of an accent and the accent as two characters."""
    only(videos, "one")
    (videos / "one.mkv").rename(videos / "-Cafe\u0301_0_1.mkv")
    extract_folder(videos, tmp_path / "out", KINDS, Cheap(weights))
    assert (tmp_path / "out" / "feats" / "r2plus1d_18" / "-Caf\u00e9_0_1.npy").exists()


@pytest.mark.parametrize("name", ["One.mkv", "one .mkv", "ONE.mp4"])
def test_names_that_a_file_system_may_not_tell_apart_are_refused(videos, weights, tmp_path, name):
    write_clip(videos / name, numbered(8))
    with pytest.raises(LeapError, match="share a name, by which features are named; rename one") as raised:
        extract_folder(videos, tmp_path / "out", KINDS, Cheap(weights))
    assert name in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_nothing_begins_where_something_is_missing(videos, weights, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(LeapError, match="no weights of vggish"):
        extract_folder(videos, out, ["visual_3d", "audio"], Extraction(weights))
    with pytest.raises(LeapError, match="no features 'smell'; there are audio, visual_2d, visual_3d, clip"):
        extract_folder(videos, out, ["smell"], Extraction(weights))
    with pytest.raises(LeapError, match="pseudo_audio needs prompts: valor, a JSON file"):
        extract_folder(videos, out, ["pseudo_audio"], Extraction(weights))
    with pytest.raises(LeapError, match="no such folder"):
        extract_folder(tmp_path / "missing", out, KINDS, Extraction(weights))
    write_clip(videos / "one.avi", samples=tone(1))
    with pytest.raises(LeapError, match=r"one\.avi and one\.mkv share a name"):
        extract_folder(videos, out, KINDS, Extraction(weights))
    assert not out.exists()


class Deadly(Cheap):
    """Dies on a video, as one does that takes too much memory."""

    def __call__(self, kind, clip):
        if clip.path.stem == "one":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(kind, clip)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_dies_costs_its_video_only(videos, weights, tmp_path, workers):
    out = tmp_path / "out"
    problems = extract_folder(videos, out, KINDS, Deadly(weights), workers)
    assert [problem.split(": ")[1][:16] for problem in problems] == ["its worker died;", "not a media file"]
    assert problems[0].startswith(str(videos / "one.mkv"))
    files = {path.name for path in (out / "feats" / "r2plus1d_18").glob("*.npy")}
    assert files == {"two.npy", "heard.npy"}


class Slow(Cheap):
    """Takes a minute for every video but one, whose features do not fit on the disk."""

    def __call__(self, kind, clip):
        if clip.path.stem != "one":
            time.sleep(60)
        return super().__call__(kind, clip)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_stops_the_extraction_at_once(videos, weights, tmp_path, workers):
    """No file can grow beyond a limit, as on a full disk; the system's reason is another."""
    begun, before = time.monotonic(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"File too large: .*one\.npy"):
            extract_folder(only(videos, "one", "two"), tmp_path / "out", KINDS, Slow(weights), workers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert time.monotonic() - begun < 50
    assert not list((tmp_path / "out").rglob("*.npy"))


def only(videos, *stems):
    """The folder with only these videos."""
    for path in videos.iterdir():
        if path.stem not in stems:
            path.unlink()
    return videos


def test_a_folder_that_cannot_be_made_stops_the_extraction(videos, weights, tmp_path):
    (tmp_path / "feats").write_text("a file")
    with pytest.raises(OSError, match="feats") as raised:
        extract_folder(videos, tmp_path, KINDS, Cheap(weights))
    assert "\n" not in str(raised.value)


def test_a_folder_without_videos_is_refused_and_says_what_it_holds(weights, tmp_path):
    (tmp_path / "videos" / "below").mkdir(parents=True)
    with pytest.raises(
        LeapError, match=r"videos: has no files; files such as name\.mp4 or name\.wav are read"
    ):
        extract_folder(tmp_path / "videos", tmp_path / "out", KINDS, Extraction(weights))
    (tmp_path / "videos" / "notes.txt").write_text("none")
    with pytest.raises(
        LeapError, match=r"none of its 1 files is a video \(notes\.txt, …\); .* folders below"
    ):
        extract_folder(tmp_path / "videos", tmp_path / "out", KINDS, Extraction(weights))


def test_files_that_are_no_media_are_passed_over(videos, weights, tmp_path):
    """Also a picture or subtitles of the same name, as programs that download videos write them."""
    for name in ("one.webp", "one.srt", "one.info.json", "README.md"):
        (videos / name).write_text("no media")
    problems = extract_folder(videos, tmp_path, KINDS, Cheap(weights))
    assert ["text.mp4" in problem for problem in problems] == [True]
    assert {path.stem for path in tmp_path.rglob("*.npy")} == {"one", "two", "heard"}
