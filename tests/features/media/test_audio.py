import numpy as np
import pytest

from leap.errors import LeapError
from leap.features.media import audio_seconds, open_clip
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.media.ffmpeg import ffmpeg


def heard(path):
    """The whole sound of a file, (n,)."""
    return np.concatenate(list(audio_seconds(open_clip(path))))


def test_sound_is_what_was_recorded(tmp_path):
    samples = tone(2.5)
    seconds = list(audio_seconds(open_clip(write_clip(tmp_path / "a.mkv", samples=samples))))
    assert [len(second) for second in seconds] == [16_000] * 3
    assert seconds[0].dtype == np.float32
    heard = np.concatenate(seconds)
    np.testing.assert_allclose(heard[: len(samples)], samples, atol=1e-4)
    assert (heard[len(samples) :] == 0).all()


def test_sound_of_another_rate_and_two_channels_becomes_their_mean_at_16_khz(tmp_path):
    stereo = np.stack([tone(2, rate=44_100), np.zeros(88_200)], axis=1)
    path = write_clip(tmp_path / "a.mkv", samples=stereo, sound_rate=44_100)
    heard = np.concatenate(list(audio_seconds(open_clip(path))))
    assert heard.shape == (32_000,)
    middle = slice(1000, -1000)
    np.testing.assert_allclose(heard[middle], tone(2)[middle] / 2, atol=1e-3)


def test_sound_that_begins_later_is_placed_there(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(24), samples=tone(1), sound_start=1.5)
    heard = np.concatenate(list(audio_seconds(open_clip(path))))
    assert (heard[:24_000] == 0).all()
    np.testing.assert_allclose(heard[24_000:40_000], tone(1), atol=1e-4)
    assert len(heard) == 48_000


CODECS = {"wav": "pcm_s16le", "mkv": "pcm_s24le", "ogg": "libvorbis", "flac": "flac"}
MANY = [(kind, channels) for kind in CODECS for channels in (1, 2, 3, 4, 6, 8, 9, 16, 60)]


@pytest.mark.parametrize(("kind", "channels"), [(k, n) for k, n in MANY if k != "flac" or n <= 8])
def test_mono_is_the_mean_of_any_number_of_channels(tmp_path, kind, channels):
    """Each channel has a tone of its own: their mean neither clips nor favors one of them."""
    pitches = 200 + 40 * np.arange(channels)
    tones = "|".join(f"0.95*sin(2*PI*{pitch}*t)" for pitch in pitches)
    path = tmp_path / f"a.{kind}"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{tones}':s=16000:d=2", "-c:a", CODECS[kind], "-q:a", "9", path)
    mean = np.mean([tone(2, pitch, loudness=0.95) for pitch in pitches], axis=0)[2000:30_000]
    found = heard(path)[2000:30_000]
    lossy = kind == "ogg"
    np.testing.assert_allclose(found, mean, atol=0.15 if lossy else 1e-4)
    assert found @ mean / (mean @ mean) == pytest.approx(1, abs=0.03 if lossy else 1e-3)


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
def test_channels_that_are_equal_are_as_loud_as_one(tmp_path, channels):
    pan = f"pan={channels}c|" + "|".join(f"c{k}=c0" for k in range(channels))
    path = tmp_path / "a.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=f=440:r=16000:d=1", "-af", f"volume=17dB,{pan}", path)
    assert np.abs(heard(path)).max() == pytest.approx(0.885, abs=0.01)  # 1/8 · 17 dB


MONO = ["-af", "pan=mono|c0=c0"]
CHANGES = [MONO, ["-ar", "44100"], [*MONO, "-ar", "32000"]]


@pytest.mark.parametrize("second", CHANGES)
def test_sound_whose_kind_changes_midway_is_heard_to_the_end(tmp_path, second):
    """As in a broadcast, where a mono program follows one in stereo."""
    pieces = []
    for number, kind in enumerate(([], second)):
        path = tmp_path / f"{number}.ts"
        sound = "aevalsrc='0.5*sin(2*PI*440*t)|0.5*sin(2*PI*440*t)':s=48000:d=2"
        ffmpeg("-f", "lavfi", "-i", sound, "-c:a", "mp2", *kind, "-output_ts_offset", 2 * number, path)
        pieces.append(path.read_bytes())
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(pieces))
    loudness = np.abs(heard(joined)).reshape(-1, 1600).max(axis=1)  # of tenths of a second
    assert len(loudness) == 40
    np.testing.assert_allclose(loudness[1:-1], 0.5, atol=0.1)


def test_samples_beyond_full_scale_are_kept(tmp_path):
    path = tmp_path / "a.wav"
    sound = "aevalsrc='1.5*sin(2*PI*440*t)':s=16000:d=1"
    ffmpeg("-f", "lavfi", "-i", sound, "-c:a", "pcm_f32le", path)
    np.testing.assert_allclose(heard(path), tone(1, loudness=1.5), atol=1e-4)


def test_samples_that_are_not_numbers_are_refused(tmp_path):
    path = tmp_path / "a.wav"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:d=1", "-c:a", "pcm_f32le", path)
    content = bytearray(path.read_bytes())
    content[-400:-396] = np.float32(np.nan).tobytes()
    path.write_bytes(content)
    with pytest.raises(LeapError, match="not numbers; it is damaged"):
        heard(path)
