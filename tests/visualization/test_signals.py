import numpy as np
from matplotlib.figure import Figure

from leap.data.av_digits.rendering import Rendering
from leap.data.av_digits.sources import RATE
from leap.data.registry import open_dataset
from leap.visualization.signals import draw_frames, draw_spectrogram, render_videos
from tests.everyday_material import write_material


def test_every_frame_is_drawn_in_its_second():
    frames = np.random.default_rng(0).random((3, 8, 8))
    draw_frames(axis := Figure().subplots(), Rendering(np.zeros((3, RATE), np.float32), frames))
    assert [round(image.get_extent()[0]) for image in axis.images] == [0, 1, 2]
    assert all(
        np.array_equal(image.get_array(), frame) for image, frame in zip(axis.images, frames, strict=True)
    )


def test_spectrogram_shows_a_tone_at_its_frequency():
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE).reshape(2, RATE).astype(np.float32)
    draw_spectrogram(axis := Figure().subplots(), Rendering(tone, np.zeros((2, 4, 4))))
    levels = axis.images[0].get_array()  # (frequencies, windows), the highest frequency first
    loudest = (len(levels) - 1 - levels.mean(axis=1).argmax()) / (len(levels) - 1) * RATE / 2
    assert abs(loudest - 1000) < 40


def test_videos_of_av_digits_are_those_of_the_store(recordings):
    with open_dataset("av-digits") as store:
        (rendering,) = render_videos(store, recordings, "test", [5])
    assert rendering.waveform.shape == (10, RATE)
    assert rendering.frames.shape == (10, 32, 32)


def test_videos_of_av_everyday_have_colored_frames(tmp_path):
    with open_dataset("av-everyday") as store:
        (rendering,) = render_videos(store, write_material(tmp_path), "test", [7])
    assert rendering.frames.shape == (10, 128, 128, 3)
