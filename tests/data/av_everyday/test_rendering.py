import numpy as np
import pytest

from leap.data.av_everyday import rendering
from leap.data.av_everyday.sources import SOURCES, VISIBLE


@pytest.fixture(scope="module")
def layouts():
    return rendering.draw_layouts("train", 1000)


def test_what_cannot_be_seen_is_not_and_what_can_is_often_only_heard(layouts):
    heard, seen = (labels.any(1) for labels in layouts)  # (n, C)
    assert heard.shape == (1000, len(SOURCES))
    assert not seen[:, VISIBLE:].any()
    only_heard = (heard & ~seen).sum(0)
    assert only_heard.min() > 15  # of 1,000 videos
    share = only_heard[:VISIBLE].sum() / (heard | seen)[:, :VISIBLE].sum()
    assert 0.12 < share < 0.3


def test_layouts_follow_llp(layouts):
    heard, seen = (labels.any(1) for labels in layouts)
    either = (heard | seen).sum()
    assert (heard | seen).sum(1).max() == rendering.MAX_CLASSES
    assert (heard | seen).any(1).all()
    assert (heard & seen).sum() / either == pytest.approx(0.61, abs=0.04)
    assert (heard & ~seen).sum() / either == pytest.approx(0.35, abs=0.04)


def test_layouts_of_a_split_are_its_own(layouts):
    again, other = (rendering.draw_layouts(split, 1000) for split in ("train", "teacher"))
    assert all(np.array_equal(*pair) for pair in zip(layouts, again, strict=True))
    assert not np.array_equal(layouts[0], other[0])


def test_augmentation_has_a_seed_per_split_and_video(material):
    assert len(set(rendering.SPLIT_SEEDS.values())) == 4
    loaded = rendering.load_material(material, "val")
    layout = tuple(labels[0] for labels in rendering.draw_layouts("val", 1))
    first = rendering.render("val", 0, layout, loaded, 0)
    again = rendering.render("val", 0, layout, loaded, 0)
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    for split, index, seed in (("test", 0, 0), ("val", 1, 0), ("val", 0, 1)):
        other = rendering.render(split, index, layout, loaded, seed)
        assert not np.array_equal(first.waveform, other.waveform)
        assert not np.array_equal(first.frames, other.frames)


def test_labels_of_a_video_are_within_its_layout(material):
    loaded = rendering.load_material(material, "test", rotation=2)
    heard, seen = rendering.draw_layouts("test", 8)
    for index, layout in enumerate(zip(heard, seen, strict=True)):
        video = rendering.render("test", index, layout, loaded, 0)
        assert (video.heard <= layout[0]).all()
        assert np.array_equal(video.seen, layout[1])
