"""Files of many kinds are decoded as the ffmpeg program decodes them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leap.features.media import audio_seconds, frames, open_clip
from tests.features.media.ffmpeg import FPS, RATE, decode_audio, decode_frames, ffmpeg, shown
from tests.soak.campaign import cases

KINDS = {
    "mkv": (["ffv1", "libx264", "mpeg4"], ["pcm_s16le", "pcm_s24le", "flac", "aac", "libvorbis", "ac3"]),
    "mp4": (["libx264", "mpeg4"], ["aac", "alac", "libmp3lame"]),
    "mov": (["libx264", "mjpeg"], ["aac", "pcm_s16le"]),
    "ts": (["libx264", "mpeg2video"], ["aac", "mp2", "ac3"]),
    "mpg": (["mpeg2video"], ["mp2"]),
    "avi": (["mpeg4", "ffv1"], ["pcm_s16le", "libmp3lame"]),
    "flv": (["flv"], ["aac"]),
    "webm": (["libvpx"], ["libopus", "libvorbis"]),
    "wmv": (["wmv2"], ["wmav2"]),
    "nut": (["mpeg4"], ["mp2", "pcm_s16le"]),
    "wav": ([], ["pcm_s16le", "pcm_u8", "pcm_f32le", "adpcm_ima_wav"]),
    "flac": ([], ["flac"]),
    "ogg": ([], ["libopus", "libvorbis", "flac"]),
    "mp3": ([], ["libmp3lame"]),
    "m4a": ([], ["aac", "alac"]),
    "aac": ([], ["aac"]),
    "aiff": ([], ["pcm_s16be"]),
    "caf": ([], ["pcm_s16le", "alac"]),
}
"""Container → codecs of its pictures and of its sound."""

MANY = ("pcm_s16le", "pcm_s24le", "pcm_f32le", "flac", "aac")
"""Codecs of more than two channels, where the container holds them."""

EDGE = 50
"""Samples behind the end of a stream in which one resampler rings and the other does not."""

CLOCK = 4
"""Samples by which rounded time stamps may move a sound."""

TURNS = {"mp4": ["0", "90", "180", "270"], "mov": ["0", "90", "180", "270"]}


@st.composite
def files(draw):
    """How a file is made: container, codecs, layout, rates, display matrix, offsets and length."""
    container = draw(st.sampled_from(sorted(KINDS)))
    video, audio = KINDS[container]
    made = {
        "container": container,
        "video": draw(st.sampled_from([*video, ""])) if video else "",
        "audio": draw(st.sampled_from(audio)),
        "fps": draw(st.sampled_from(["8", "25", "30000/1001"])),
        "rate": draw(st.sampled_from([44_100, 48_000])),
        "seconds": draw(st.sampled_from([1.0, 2.3, 3.6])),
        "late": draw(st.sampled_from([0, 0, 0.7])) if video else 0,  # the sound begins after the pictures
        "offset": draw(st.sampled_from([0, 0, 4.3])) if video else 0,  # of the file's clock
        "turn": draw(st.sampled_from(TURNS.get(container, ["0"]))),
        "mirror": draw(st.booleans()) if container in TURNS else False,
    }
    many = [3, 4, 6, 8] if made["audio"] in MANY and container in ("mkv", "wav", "mp4", "flac") else []
    return made | {"channels": draw(st.sampled_from([1, 2, 2, *many]))}


def write(path, made):
    """A film of moving colours, and a chord of which each channel has one tone."""
    tones = "|".join(f"{0.8 / (1 + k)}*sin(2*PI*{220 * (1 + k)}*t)" for k in range(made["channels"]))
    sound = f"aevalsrc='{tones}':s={made['rate']}:d={made['seconds']}"
    inputs = ["-itsoffset", made["late"], "-f", "lavfi", "-i", sound]
    codecs = ["-map", "0:a", "-c:a", made["audio"], "-strict", "-2"]
    if made["video"]:
        inputs += ["-f", "lavfi", "-i", f"testsrc=s=64x48:r={made['fps']}:d={made['seconds']}"]
        pixels = "bgr0" if made["video"] == "ffv1" else "yuv420p"
        codecs += ["-map", "1:v", "-c:v", made["video"], "-pix_fmt", pixels, "-q:v", "2"]
    plain = path.with_stem("plain")
    ffmpeg(*inputs, *codecs, "-output_ts_offset", made["offset"], plain)
    matrix = ["-display_rotation", made["turn"], *(["-display_hflip"] if made["mirror"] else [])]
    if made["video"] and (made["turn"] != "0" or made["mirror"]):
        ffmpeg(*matrix, "-copyts", "-i", plain, "-map", "0", "-c", "copy", path)
    else:
        plain.replace(path)


def is_heard(sound, heard, first):
    """Whether samples are a sound from a place on, and else silence; half a second may be rounded off."""
    expected = np.zeros(len(heard) + RATE)
    last = min(first + len(sound), len(expected))
    expected[max(first, 0) : last] = sound[max(-first, 0) : last - first]
    differs = np.flatnonzero(np.abs(heard - expected[: len(heard)]) > 0.02)
    return all(last <= place < last + EDGE for place in differs) and last - len(heard) < RATE // 2 + EDGE


@settings(max_examples=cases(30, 500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=files())
def test_sound_and_frames_are_those_of_the_program(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("clip") / f"clip.{made['container']}"
    write(path, made)
    clip = open_clip(path)
    start, mean = decode_audio(path, made["channels"])
    times, pictures = decode_frames(path) if made["video"] else (np.array([start]), None)
    assert float(clip.origin) == pytest.approx(min(start, times[0]), abs=0.1)  # decoders drop a lead-in

    heard = np.concatenate(list(audio_seconds(clip)))
    first = round((start - float(clip.origin)) * RATE)
    assert any(is_heard(mean, heard, first + moved) for moved in range(-CLOCK, CLOCK + 1))

    if made["video"]:
        found = np.stack(list(frames(clip)))
        assert found.shape == (FPS * clip.segments, *pictures.shape[1:])
        wanted = shown(times, pictures, float(clip.origin), len(found))
        assert np.abs(found.astype(int) - wanted).mean(axis=(1, 2, 3)).max() < 3
        middles = np.stack(list(frames(clip, rate=1, start=0.5)))  # other pictures need not be decoded
        assert np.array_equal(middles, found[FPS // 2 :: FPS])
