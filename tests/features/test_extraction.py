import os
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from leap.errors import LeapError
from leap.features.extraction import Making, extract_folder
from leap.features.extractors import EXTRACTORS
from leap.features.media import open_clip
from leap.features.networks.r2plus1d import R2Plus1D
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
    problems = extract_folder(videos, out, KINDS, Making(weights), workers=2)
    assert len(problems) == 1
    assert "text.mp4: not a media file" in problems[0]
    files = {path.name: path for path in (out / "feats" / "r2plus1d_18").iterdir()}
    assert set(files) == {"one.npy", "two.npy", "heard.npy"}
    found = {name: np.load(path, allow_pickle=False) for name, path in files.items()}
    assert [found[name].shape for name in ("one.npy", "two.npy")] == [(1, 512), (2, 512)]
    assert not found["heard.npy"].any()
    expected = EXTRACTORS["visual_3d"](open_clip(videos / "two.mkv"), weights)
    np.testing.assert_allclose(found["two.npy"], expected, rtol=1e-4, atol=1e-5)

    files["one.npy"].unlink()
    kept = files["two.npy"].stat().st_mtime_ns
    assert extract_folder(videos, out, KINDS, Making(weights)) == problems
    assert files["one.npy"].exists()
    assert files["two.npy"].stat().st_mtime_ns == kept


def test_nothing_begins_where_something_is_missing(videos, weights, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(LeapError, match="no weights of vggish"):
        extract_folder(videos, out, ["visual_3d", "audio"], Making(weights))
    with pytest.raises(LeapError, match="no features 'smell'; there are audio, visual_2d, visual_3d, clip"):
        extract_folder(videos, out, ["smell"], Making(weights))
    with pytest.raises(LeapError, match="pseudo_audio needs prompts: valor, a JSON file"):
        extract_folder(videos, out, ["pseudo_audio"], Making(weights))
    with pytest.raises(LeapError, match="no such folder"):
        extract_folder(tmp_path / "missing", out, KINDS, Making(weights))
    write_clip(videos / "one.avi", samples=tone(1))
    with pytest.raises(LeapError, match="two files are named one"):
        extract_folder(videos, out, KINDS, Making(weights))
    assert not out.exists()


class Deadly(Making):
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
    files = {path.name for path in (out / "feats" / "r2plus1d_18").iterdir()}
    assert files == {"two.npy", "heard.npy"}
