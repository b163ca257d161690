import numpy as np
import pytest
from matplotlib.colors import to_hex

from leap.data.av_digits.rendering import Rendering
from leap.data.layouts import load_statistics
from leap.data.registry import open_dataset
from leap.visualization.dataset_figures import (
    DISTRIBUTIONS,
    RATE,
    Example,
    example_figure,
    layout_figure,
    render_examples,
)
from leap.visualization.palette import AUDIO, VISUAL
from tests.everyday_material import write_material


@pytest.fixture
def example():
    rng = np.random.default_rng(0)
    rendering = Rendering(rng.normal(size=(3, RATE)).astype(np.float32), rng.random((3, 32, 32), np.float32))
    audio, visual = np.zeros((2, 3, 2), np.uint8)
    audio[1], visual[2, 1] = 1, 1
    return Example("clip", rendering, audio, visual)


def test_waveform_has_all_seconds_in_order(example):
    assert len(example.waveform()) == 3 * RATE
    assert np.array_equal(example.waveform()[RATE : 2 * RATE], example.rendering.waveform[1])


def test_figure_shows_what_is_heard_and_seen_in_each_second(example):
    labels = example_figure(example, ["cat", "dog", "hen"]).axes[-1]
    assert [label.get_text() for label in labels.get_yticklabels()] == ["cat", "dog"]
    bars = [[path.get_extents().bounds for path in bars.get_paths()] for bars in labels.collections]
    expected = [[(1, 0.1, 1, 0.4)], [], [(1, 1.1, 1, 0.4)], [(2, 1.5, 1, 0.4)]]  # heard and seen, by class
    assert bars == [[pytest.approx(bar) for bar in row] for row in expected]
    assert [to_hex(bars.get_facecolor()[0]) for bars in labels.collections if len(bars.get_paths())] == [
        to_hex(AUDIO), to_hex(AUDIO), to_hex(VISUAL),
    ]  # fmt: skip


def test_layout_figure_shows_both_summaries():
    summary = load_statistics().summary
    axes = layout_figure(summary, summary, "Tiny").axes
    heights = [bar.get_height() for bar in axes[2].patches]
    assert heights == [*summary["audio_run_lengths"], *summary["audio_run_lengths"]]
    assert [axis.get_title() for axis in axes[:2]] == ["audio", "visual"]
    assert [axis.get_xlabel() for axis in axes[::2]] == list(DISTRIBUTIONS.values())


def test_examples_are_the_stores_videos(recordings):
    with open_dataset("av-digits") as store:
        first, second = render_examples(store, recordings, "test", [0, 5])
        assert (first.name, second.name) == (store.ids("test")[0], store.ids("test")[5])
        assert np.array_equal(second.audio, store.videos("test").true_audio[5].numpy())
    assert first.rendering.waveform.shape == (10, RATE)
    assert first.rendering.frames.shape == (10, 32, 32)


def test_examples_of_av_everyday_have_colored_frames(tmp_path):
    with open_dataset("av-everyday") as store:
        (example,) = render_examples(store, write_material(tmp_path), "test", [7])
        assert example.name == store.ids("test")[7]
        assert np.array_equal(example.visual, store.videos("test").true_visual[7].numpy())
        figure = example_figure(example, store.classes)
    assert example.waveform().shape == (10 * RATE,)
    images = figure.axes[2].images
    assert [np.asarray(image.get_array()).shape for image in images] == [(128, 128, 3)] * 10
