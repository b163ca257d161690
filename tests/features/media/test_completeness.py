"""A file that ends before its declared end is refused; other differences of lengths are not."""

import pytest

from leap.errors import LeapError
from leap.features.media import open_clip
from tests.features.media.ffmpeg import ffmpeg

SOUND = ["-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*440*t)':s=44100:d=4"]
PICTURES = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=4"]
FILM = [*SOUND, *PICTURES]

DECLARING = {
    "a.wav": SOUND,
    "float.wav": [*SOUND, "-c:a", "pcm_f32le"],
    "large.wav": [*SOUND, "-rf64", "always"],
    "a.aiff": SOUND,
    "a.w64": SOUND,
    "a.caf": SOUND,
    "a.flac": SOUND,
    "a.mp3": SOUND,
    "a.mka": SOUND,
    "a.rm": [*SOUND, "-c:a", "ac3"],
    "a.avi": FILM,
    "a.mkv": FILM,
    "a.webm": [*FILM, "-c:v", "libvpx", "-c:a", "libvorbis"],
    "a.flv": [*FILM, "-c:v", "flv", "-c:a", "aac"],
    "a.wmv": FILM,
    "a.mxf": [*FILM, "-c:v", "mpeg2video", "-ar", "48000"],
    "a.mp4": FILM,
    "fast.mp4": [*FILM, "-movflags", "faststart"],
    "tracks.mp4": [
        *FILM,
        "-movflags",
        "faststart",
        "-max_interleave_delta",
        "0",
        "-chunk_duration",
        "9000000",
    ],
}
"""File → how it is made, in containers that declare how long or how large they are."""

SILENT = {
    "a.ts": FILM,
    "a.mpg": FILM,
    "a.aac": SOUND,
    "a.ogg": [*SOUND, "-c:a", "libvorbis", "-page_duration", "100000"],
    "fragments.mp4": [*FILM, "-movflags", "frag_keyframe+empty_moov", "-g", "10"],
    "plain.mp3": [*SOUND, "-write_xing", "0"],
}
"""The same in containers that declare neither."""


@pytest.fixture
def make(tmp_path):
    def make(name, arguments):
        ffmpeg(*arguments, tmp_path / name)
        return tmp_path / name

    return make


def cut(path, fraction=0.5):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * fraction)])
    return path


@pytest.mark.parametrize("name", DECLARING)
def test_half_of_a_file_is_refused(make, name):
    path = make(name, DECLARING[name])
    assert open_clip(path).segments == 4
    with pytest.raises(LeapError, match=r"cut off|damaged"):
        open_clip(cut(path))


@pytest.mark.parametrize("name", SILENT)
def test_half_of_a_file_without_a_declared_end_is_read(make, name):
    path = make(name, SILENT[name])
    assert open_clip(path).segments == 4
    assert open_clip(cut(path)).segments in (1, 2, 3)


def test_a_declared_size_that_is_not_known_yet_is_none(make):
    path = make("a.wav", SOUND)
    content = bytearray(path.read_bytes())
    content[4:8] = content[content.index(b"data") + 4 : content.index(b"data") + 8] = b"\xff" * 4
    path.write_bytes(content)
    assert open_clip(path).segments == 4


def test_the_stream_that_ends_early_is_named(make):
    path = make("a.mkv", [*FILM, "-c:v", "ffv1", "-c:a", "pcm_s16le"])
    with pytest.raises(
        LeapError, match=r"declares 4\.0 s, but its (audio|video) ends at 1\.\d s; it is cut off"
    ):
        open_clip(cut(path, 0.4))


LONGER = {
    "a.mkv": ["-map", "0:a", "-map", "1:v", "-map", "2:s"],
    "subtitles.mp4": ["-map", "0:a", "-map", "1:v", "-map", "2:s", "-c:s", "mov_text"],
    "sound.mp4": ["-map", "0:a", "-map", "1:v", "-map", "3:a"],
    "pictures.mkv": ["-map", "0:a", "-map", "1:v", "-map", "4:v"],
}


@pytest.mark.parametrize("name", LONGER)
def test_tracks_that_are_not_read_may_be_longer(make, tmp_path, name):
    subtitles = tmp_path / "text.srt"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:09,000\nnothing\n")
    longer = ["-i", subtitles, *(word.replace("d=4", "d=9") for word in FILM)]
    path = make(name, [*FILM, *longer, *LONGER[name]])
    assert open_clip(path).segments == 4


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts", "a.flv"])
def test_a_clock_that_does_not_start_at_zero(make, name):
    path = make(name, [*FILM, "-output_ts_offset", "5"])
    assert open_clip(path).segments == 4
