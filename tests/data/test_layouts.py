import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leap.data.layouts import (
    load_statistics,
    measure,
    measure_layouts,
    sample_layouts,
    summarise,
)
from leap.errors import LeapError


@pytest.fixture(scope="module")
def statistics():
    return load_statistics()


@pytest.fixture(scope="module")
def sampled(statistics):
    return summarise(*sample_layouts(5000, 25, statistics, np.random.default_rng(0), max_classes=7))


def test_sampled_distributions_follow_llp(statistics, sampled):
    for name, value in sampled.items():
        if isinstance(value, list):
            distance = np.abs(np.subtract(value, statistics.summary[name])).sum() / 2  # total variation
            assert distance < 0.04, name


def test_sampled_means_follow_llp(statistics, sampled):
    loose = {name: 0.04 for name in sampled if "overlapping" in name} | {"audio_overlapping_videos": 0.08}
    for name, value in sampled.items():
        if not isinstance(value, list):
            assert value == pytest.approx(statistics.summary[name], abs=loose.get(name, 0.025)), name


@given(seed=st.integers(0, 10_000), n_classes=st.integers(3, 30), max_classes=st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_every_video_has_one_to_max_classes(statistics, seed, n_classes, max_classes):
    audio, visual = sample_layouts(20, n_classes, statistics, np.random.default_rng(seed), max_classes)
    assert audio.shape == visual.shape == (20, statistics.segments, n_classes)
    assert audio.dtype == visual.dtype == np.uint8
    assert max(audio.max(), visual.max()) == 1
    classes = (audio | visual).any(1).sum(1)
    assert classes.min() >= 1
    assert classes.max() <= max_classes


def test_seed_decides(statistics):
    first, again = (sample_layouts(30, 10, statistics, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)


def test_one_pattern_is_reproduced():
    audio, visual = np.zeros((2, 1, 6, 3), np.uint8)
    audio[0, 1:3, 0] = audio[0, 4:, 0] = visual[0, 1:, 0] = 1
    statistics = measure(audio.any(1), audio, visual)
    assert statistics.segments == 6
    assert statistics.compositions == {"alone, audio within visual": 1}
    heard, seen = sample_layouts(1, 1, statistics, np.random.default_rng(0))
    assert heard[0, :, 0].tolist() == audio[0, :, 0].tolist()
    assert seen[0, :, 0].tolist() == visual[0, :, 0].tolist()


def test_summary_by_hand():
    audio, visual = np.zeros((2, 1, 4, 2), np.uint8)
    audio[0, :, 0] = 1, 0, 1, 1
    visual[0, :, 0] = 1, 1, 1, 1
    audio[0, :, 1] = 0, 0, 0, 1
    summary = summarise(audio, visual)
    assert summary["classes_per_video"] == 2
    assert (summary["pairs_in_both"], summary["pairs_audio_only"]) == (0.5, 0.5)
    assert (summary["both_identical"], summary["both_iou"]) == (0, 0.75)
    assert summary["audio_overlapping_segments"] == 0.25
    assert summary["audio_runs_per_pair"] == 1.5
    assert summary["audio_first_onsets"] == [0.5, 0, 0, 0.5]
    assert summary["audio_run_lengths"] == [0.6667, 0.3333, 0, 0]
    assert summary["audio_gap_lengths"] == [1, 0, 0, 0]


def test_other_file_is_refused(tmp_path):
    path = tmp_path / "statistics.json"
    for text in ("[", "{}"):
        path.write_text(text)
        with pytest.raises(LeapError, match=r"statistics.json: not a file of layout statistics"):
            load_statistics(path)


def test_layouts_of_annotation_files_are_measured_and_read_again(tmp_path, llp_annotations):
    """Each video has two classes, of which one is heard and seen in seconds 2 to 7."""
    measured = measure_layouts(llp_annotations, tmp_path / "statistics.json")
    assert load_statistics(tmp_path / "statistics.json") == measured
    assert measured.segments == 10
    assert sum(measured.class_counts.values()) == 2 * 300
    assert measured.summary["audio_first_onsets"] == measured.summary["visual_first_onsets"]
    assert measured.summary["audio_first_onsets"] == [0, 0, 1] + [0] * 7
    assert np.argmax(measured.summary["audio_run_lengths"]) == 5 - 1
