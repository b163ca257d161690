import numpy as np
import pytest

from leap.data.av_everyday import sound
from leap.data.av_everyday.reading import RATE

CLASSES = 3


def tone(hertz, seconds=1.0):
    return (np.sqrt(2) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


@pytest.fixture
def sounds():
    return [[[tone(500), tone(500, 0.3)]], [[tone(1500, 2.5)]], [[tone(2500)], [tone(3000)]]]


def render(layout, sounds, seed=0):
    return sound.render_sound(layout, sounds, np.random.default_rng(seed))


def level(waveform, hertz):
    """Power of a waveform, (T, RATE), around a frequency in every second."""
    return (np.abs(np.fft.rfft(waveform))[:, hertz - 40 : hertz + 40] ** 2).sum(1)


def test_every_waveform_has_the_same_level(sounds):
    for seed in range(4):
        layout = np.zeros((10, CLASSES), np.uint8)
        layout[: 3 * seed, seed % CLASSES] = 1
        waveform, _ = render(layout, sounds, seed)
        assert waveform.shape == (10, RATE)
        assert waveform.dtype == np.float32
        assert np.sqrt((waveform.astype(float) ** 2).mean()) == pytest.approx(sound.RMS, rel=1e-4)


def test_classes_are_heard_where_the_layout_says(sounds, monkeypatch):
    monkeypatch.setattr(sound, "BACKGROUND_DB", (-60, -60))
    layout = np.zeros((10, CLASSES), np.uint8)
    layout[2:5, 0] = layout[4:, 1] = 1
    waveform, heard = render(layout, sounds)
    assert np.array_equal(heard, layout)
    for label, hertz in ((0, 500), (1, 1500)):
        power = level(waveform, hertz)
        assert power[layout[:, label] == 1].min() > 100 * power[layout[:, label] == 0].max()


def test_truth_follows_energy_and_not_the_layout():
    """A recording of half a second of sound, three seconds of silence and half a second of sound."""
    recording = np.concatenate([tone(500, 0.5), np.zeros(3 * RATE, np.float32), tone(500, 0.5)])
    layout = np.ones((5, 1), np.uint8)
    for seed in range(10):
        waveform, heard = render(layout, [[[recording]]], seed)
        assert heard[0, 0] == 1
        assert not heard[1:3].any()  # silent whatever the onset
        assert heard[3:].any()
        assert (heard <= layout).all()
        assert waveform.shape == (5, RATE)


def test_one_recording_per_video_and_class(sounds):
    layout = np.ones((10, CLASSES), np.uint8) * (np.arange(CLASSES) == 2).astype(np.uint8)
    chosen = set()
    for seed in range(12):
        waveform, _ = render(layout, sounds, seed)
        powers = [level(waveform, hertz).sum() for hertz in (2500, 3000)]
        assert max(powers) > 20 * min(powers)
        chosen.add(int(np.argmax(powers)))
    assert chosen == {0, 1}


def test_nothing_but_noise_without_events(sounds):
    waveform, heard = render(np.zeros((10, CLASSES), np.uint8), sounds)
    assert not heard.any()
    assert waveform.std() > 0


def test_equal_generators_give_equal_sound(sounds):
    layout = np.ones((10, CLASSES), np.uint8)
    first, again, other = (render(layout, sounds, seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
