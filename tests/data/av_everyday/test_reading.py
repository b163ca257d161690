import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from leap.data.av_everyday import reading
from leap.errors import LeapError


def test_sound_is_mono_at_8_khz_without_silence_at_its_ends_and_of_unit_power(tmp_path):
    rate = 44_100
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate) + np.sin(
        2 * np.pi * 6000 * np.arange(rate) / rate
    )
    silence = np.zeros(rate)
    wave = np.concatenate([silence, tone, silence, 0.5 * tone, silence]) * 0.1
    wavfile.write(tmp_path / "a.wav", rate, np.stack([wave, wave], axis=1).astype(np.float32))
    sound = reading.read_sound(tmp_path / "a.wav")
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(3 * reading.RATE, abs=2 * reading.WINDOW)  # the silence between stays
    power = (sound[: reading.RATE // reading.WINDOW * reading.WINDOW] ** 2).mean()
    assert power == pytest.approx(1 / 0.625, rel=0.02)  # unit power is the mean of full and half amplitude
    spectrum = np.abs(np.fft.rfft(sound[: reading.RATE]))
    assert spectrum.argmax() == pytest.approx(440, abs=2)
    assert spectrum[1000:].max() < 0.02 * spectrum.max()  # 6 kHz neither stays nor folds back


def test_recordings_of_any_level_sound_alike(tmp_path):
    tone = np.sin(np.arange(8000) / 3)
    for name, level in (("loud", 0.9), ("quiet", 0.003)):
        wavfile.write(tmp_path / f"{name}.wav", 8000, (level * tone).astype(np.float32))
    loud, quiet = (reading.read_sound(tmp_path / f"{name}.wav") for name in ("loud", "quiet"))
    np.testing.assert_allclose(loud, quiet, atol=1e-3)


@pytest.mark.parametrize(("content", "problem"), [(None, "no such file"), (b"none", "not a sound recording")])
def test_bad_recordings(tmp_path, content, problem):
    path = tmp_path / "a.ogg"
    if content:
        path.write_bytes(content)
    with pytest.raises(LeapError, match=rf"a\.ogg: {problem}; fetch the material again"):
        reading.read_sound(path)


def test_silent_recordings_are_refused(tmp_path):
    wavfile.write(tmp_path / "a.wav", 8000, np.zeros(800, np.int16))
    with pytest.raises(LeapError, match=r"a\.wav: a silent recording"):
        reading.read_sound(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("size", "shape"), [((640, 320), (64, 128, 3)), ((100, 300), (192, 64, 3)), ((40, 30), (30, 40, 3))]
)
def test_photographs_have_a_shorter_side_of_at_most_64_pixels(tmp_path, size, shape):
    Image.new("L", size, 90).save(tmp_path / "a.png")
    picture = reading.read_picture(tmp_path / "a.png")
    assert picture.shape == shape
    assert (picture == 90).all()


@pytest.mark.parametrize(("content", "problem"), [(None, "no such file"), (b"none", "not a photograph")])
def test_bad_photographs(tmp_path, content, problem):
    path = tmp_path / "a.jpg"
    if content:
        path.write_bytes(content)
    with pytest.raises(LeapError, match=rf"a\.jpg: {problem}; fetch the material again"):
        reading.read_picture(path)
