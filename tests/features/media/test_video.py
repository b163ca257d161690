import numpy as np
import pytest

from leap.errors import LeapError
from leap.features.media import audio_seconds, frames, open_clip, stills, video
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.media.ffmpeg import ffmpeg


def numbers(path, rate=8):
    """Numbers of the pictures that are taken."""
    return [int(picture[0, 0, 0]) for picture in frames(open_clip(path), rate)]


@pytest.mark.parametrize("rate", [5, 8, 25, 30])
def test_frames_are_those_shown_at_each_eighth_of_a_second(tmp_path, rate):
    path = write_clip(tmp_path / "a.mkv", numbered(2 * rate), rate=rate)
    assert numbers(path) == [k * rate // 8 for k in range(16)]


def test_frames_of_a_variable_rate(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(4), times=[0, 0.3, 1.7, 1.9], samples=tone(3))
    assert numbers(path) == [0] * 3 + [1] * 11 + [2] * 2 + [3] * 8


def test_before_the_first_frame_and_after_the_last_it_is_taken(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(2), times=[1, 1.5], samples=tone(3))
    assert numbers(path) == [0] * 12 + [1] * 12


def test_frames_are_exact_and_in_rgb(tmp_path):
    pictures = np.random.default_rng(0).integers(256, size=(8, 16, 24, 3), dtype=np.uint8)
    assert np.array_equal(
        np.stack(list(frames(open_clip(write_clip(tmp_path / "a.mkv", pictures))))), pictures
    )


def test_streams_that_are_missing(tmp_path):
    silent = open_clip(write_clip(tmp_path / "silent.mkv", numbered(16)))
    assert (np.stack(list(audio_seconds(silent))) == np.zeros((2, 16_000))).all()
    heard = open_clip(write_clip(tmp_path / "heard.mkv", samples=tone(1)))
    with pytest.raises(LeapError, match="no video stream"):
        next(frames(heard))


def rotated(path, matrix):
    """An MP4 file whose pictures are to be turned by the matrix of its track header."""
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 4 + 40  # version 0: flags, times, id, duration, layer, volume
    content[place : place + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(content)
    return path


ONE, END = 1 << 16, 1 << 30
MATRICES = {
    "as it is": ((ONE, 0, 0, ONE), lambda picture: picture),
    "a quarter turn": ((0, -ONE, ONE, 0), lambda picture: np.rot90(picture, 1)),
    "half a turn": ((-ONE, 0, 0, -ONE), lambda picture: np.rot90(picture, 2)),
    "three quarter turns": ((0, ONE, -ONE, 0), lambda picture: np.rot90(picture, 3)),
    "left and right": ((-ONE, 0, 0, ONE), np.fliplr),
    "top and bottom": ((ONE, 0, 0, -ONE), np.flipud),
    "transposed": ((0, ONE, ONE, 0), lambda picture: picture.swapaxes(0, 1)),
    "transposed the other way": ((0, -ONE, -ONE, 0), lambda picture: np.rot90(picture, 2).swapaxes(0, 1)),
}
"""The eight display matrices (a, b, c, d) of whole quarter turns → what they do."""


@pytest.mark.parametrize("name", MATRICES)
def test_the_display_matrix_turns_and_mirrors(tmp_path, name):
    pictures = np.random.default_rng(0).integers(256, size=(8, 16, 24, 3), dtype=np.uint8)
    (a, b, c, d), displayed = MATRICES[name]
    path = write_clip(tmp_path / "a.mp4", pictures)
    plain = next(frames(open_clip(path)))
    shown = next(frames(open_clip(rotated(path, (a, b, 0, c, d, 0, 0, 0, END)))))
    assert np.array_equal(shown, displayed(plain))
    assert len(np.unique(plain)) > 200


def test_frames_may_start_later(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(24))
    shown = frames(open_clip(path), rate=2, start=0.25)
    assert [int(picture[0, 0, 0]) for picture in shown] == [2, 6, 10, 14, 18, 22]


@pytest.mark.parametrize("seconds", [3, 45])
@pytest.mark.parametrize("before", [[], [(8, 0.0)], [(1, 0.5)], [(8, 0.0), (1, 0.5)]])
def test_stills_are_the_first_frames_of_seconds(tmp_path, seconds, before):
    """Whatever passes there were before; of 45 s there is a still every third second."""
    clip = open_clip(write_clip(tmp_path / "a.mkv", numbered(5 * seconds), rate=5))
    passes = [frames(clip, *arguments) for arguments in before]
    for _ in zip(*passes, strict=False):
        pass
    every = 1 if seconds <= 20 else 3
    assert [int(still[0, 0, 0]) for still in stills(clip)] == list(range(0, 5 * seconds, 5 * every))
    assert clip.still_interval == every


def test_stills_of_a_variable_rate(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(3), times=[0.5, 2.0, 2.9], samples=tone(5))
    assert [int(still[0, 0, 0]) for still in stills(open_clip(path))] == [0, 0, 1, 2, 2]


def test_stills_of_a_broken_off_pass_are_completed(tmp_path):
    clip = open_clip(write_clip(tmp_path / "a.mkv", numbered(32)))
    started = frames(clip)
    pictures = [next(started) for _ in range(20)]
    assert len(pictures) > 8 * (len(clip.stills) - 1) > 0
    assert [int(still[0, 0, 0]) for still in stills(clip)] == [0, 8, 16, 24]
    assert [int(picture[0, 0, 0]) for picture in started] == list(range(20, 32))


def test_a_clip_is_decoded_once_for_a_network_and_for_stills(tmp_path, monkeypatch):
    clip = open_clip(write_clip(tmp_path / "a.mkv", numbered(32, height=480, width=640)))
    assert len(list(frames(clip, rate=1, start=0.5))) == 4
    monkeypatch.setattr(video, "open_container", None)  # cannot be opened again
    assert [still.shape for still in stills(clip)] == [(120, 160, 3)] * 4


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.mkv", "a.mov", "a.avi"])
@pytest.mark.parametrize("options", ["bf=3", "bf=8:b-pyramid=none", "bf=5:keyint=30", "open-gop=1:keyint=12"])
def test_pictures_that_are_not_shown_are_skipped_where_none_refers_to_them(
    tmp_path, monkeypatch, name, options
):
    path = tmp_path / name
    made = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=5", "-pix_fmt", "yuv420p"]
    ffmpeg(*made, "-c:v", "libx264", "-x264-params", options, path)
    skipping, needed = open_clip(path), video._needed_stamps(open_clip(path), 1, 0.5)
    shown = np.stack(list(frames(skipping, rate=1, start=0.5)))
    with video.open_container(path) as container:
        assert len(list(video._decoded(container, needed))) < 125 * 3 / 4
    monkeypatch.setattr(video, "_needed_stamps", lambda *_: None)
    whole = open_clip(path)
    assert np.array_equal(shown, np.stack(list(frames(whole, rate=1, start=0.5))))
    assert np.array_equal(stills(skipping), stills(whole))
