import os

import numpy as np
import pytest
from PIL import Image

from leap.errors import LeapError
from leap.features.media import Limits, audio_seconds, frames, open_clip
from tests.features.media.clips import numbered, tone, write_clip, write_coded_clip


@pytest.mark.parametrize(("seconds", "segments"), [(0.3, 1), (2.4, 2), (2.6, 3), (10, 10)])
def test_segments_are_seconds_rounded_and_at_least_one(tmp_path, seconds, segments):
    clip = open_clip(write_clip(tmp_path / "a.mkv", samples=tone(seconds)))
    assert clip.segments == segments
    assert clip.seconds == pytest.approx(seconds, abs=0.07)


def test_streams_are_found(tmp_path):
    both = open_clip(write_clip(tmp_path / "both.mkv", numbered(16), samples=tone(2)))
    seen = open_clip(write_clip(tmp_path / "seen.mkv", numbered(16)))
    heard = open_clip(write_clip(tmp_path / "heard.mkv", samples=tone(2)))
    assert [(c.has_audio, c.has_video) for c in (both, seen, heard)] == [
        (True, True),
        (False, True),
        (True, False),
    ]
    assert [c.segments for c in (both, seen, heard)] == [2, 2, 2]


def test_the_longer_stream_tells_the_length(tmp_path):
    assert open_clip(write_clip(tmp_path / "a.mkv", numbered(8), samples=tone(3))).segments == 3


def test_names_are_never_addresses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("concat:a|b.mkv", "http:x.mkv", "-y.mkv"):
        write_clip(tmp_path / "a.mkv", numbered(8)).rename(tmp_path / name)
        assert open_clip(name).segments == 1


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "webp", "bmp", "tiff"])
def test_pictures_are_named_as_such(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    Image.fromarray(numbered(1)[0]).save(path)
    with pytest.raises(LeapError, match="a picture, not a video or sound file"):
        open_clip(path)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "wav", "ts", "mp3", "aac", "ac3", "flac", "ogg"])
def test_files_of_no_bytes_and_of_few_are_refused(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.touch()
    with pytest.raises(LeapError, match=r"empty file \(0 bytes\)"):
        open_clip(path)
    path.write_bytes(b"\0")
    with pytest.raises(LeapError, match=r"not a media file, or damaged|empty or cut off"):
        open_clip(path)


def test_a_title_that_is_not_utf_8_does_not_matter(tmp_path):
    path = write_coded_clip(
        tmp_path / "a.avi", numbered(16), tone(2, rate=48_000), "mpeg4", "mp3", title="Cafe"
    )
    path.write_bytes(path.read_bytes().replace(b"Cafe", "Café".encode("latin-1")))
    assert open_clip(path).segments == 2


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile {}\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_files_that_name_other_files_are_refused(tmp_path, kind):
    write_clip(tmp_path / "a.mkv", numbered(8))
    path = tmp_path / f"list.{kind}"
    path.write_text(PLAYLISTS[kind].format("a.mkv"))
    with pytest.raises(LeapError, match="not a media file"):
        open_clip(path)


def test_what_is_no_media_file_is_refused_in_one_line(tmp_path):
    whole = write_clip(tmp_path / "whole.mkv", numbered(8), samples=tone(1)).read_bytes()
    files = {
        "empty.mp4": b"",
        "text.mp4": b"no video at all\n" * 100,
        "picture.mp4": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "head.mkv": whole[:300],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LeapError, match=name) as raised:
            open_clip(tmp_path / name)
        assert "\n" not in str(raised.value)
    os.mkfifo(tmp_path / "pipe.mp4")
    reasons = {"missing.mp4": "no such file", ".": "is a folder", "pipe.mp4": "a pipe or a device"}
    for name, reason in reasons.items():
        with pytest.raises(LeapError, match=reason):
            open_clip(tmp_path / name)


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_files_that_are_cut_off_are_refused(tmp_path, suffix):
    pictures = np.random.default_rng(0).integers(256, size=(80, 16, 24, 3), dtype=np.uint8)
    path = write_clip(tmp_path / f"a.{suffix}", pictures, movflags="faststart" if suffix == "mp4" else "")
    assert open_clip(path).segments == 10
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(LeapError, match=r"cut off|damaged"):
        open_clip(path)


def test_limits(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(24), samples=tone(3))
    assert open_clip(path, Limits(seconds=4)).segments == 3
    with pytest.raises(LeapError, match="longer than the limit of 2 s"):
        open_clip(path, Limits(seconds=2))
    with pytest.raises(LeapError, match="larger than the limit of 1,000 bytes"):
        open_clip(path, Limits(bytes=1000))
    with pytest.raises(LeapError, match="24 × 16 pixels"):
        open_clip(path, Limits(pixels=100))
    hours = write_clip(tmp_path / "hours.mkv", numbered(2), times=[0, 5 * 3600 - 1], rate=1)
    assert open_clip(hours).segments == pytest.approx(5 * 3600, abs=1)
    far = write_clip(tmp_path / "far.mkv", numbered(2), times=[0, 10**7])
    with pytest.raises(LeapError, match="longer than the limit of 86401 s"):
        open_clip(far)


def test_damaged_files_raise_our_error_or_are_read(tmp_path):
    """Bytes changed, cut out and put in, wherever: nothing but `LeapError`, and T segments otherwise."""
    whole = write_clip(tmp_path / "whole.mkv", numbered(8), samples=tone(1)).read_bytes()
    random = np.random.default_rng(0)
    path, reasons = tmp_path / "damaged.mkv", []
    for _ in range(100):
        content = bytearray(whole)
        for _ in range(random.integers(1, 20)):
            place = random.integers(len(content))
            content[place] = random.integers(256)
        if random.random() < 0.3:
            del content[random.integers(len(content)) :]
        path.write_bytes(content)
        try:
            clip = open_clip(path, Limits(seconds=20))
            assert sum(len(second) for second in audio_seconds(clip)) == clip.segments * 16_000
            if clip.has_video:
                assert len(list(frames(clip))) == clip.segments * 8
        except LeapError as error:
            reasons.append(str(error))
    assert 0 < len(reasons) < 100
    assert not [reason for reason in reasons if "\n" in reason]
