import numpy as np
import pytest

from leap.data.av_everyday import picture
from leap.data.av_everyday.picture import FRAME, Pictures, render_frames

RED, GREEN, BLUE = np.eye(3, dtype=np.uint8) * 200


def plain(color, height=48, width=64):
    return np.tile(color, (height, width, 1))


@pytest.fixture
def pictures():
    """Two classes, red and green, and blue photographs of neither."""
    return Pictures([[plain(RED)], [plain(GREEN, 64, 40)]], [plain(BLUE)])


def render(seen, pictures, seed=0):
    return render_frames(seen, pictures, np.random.default_rng(seed)).astype(int)


def area(frames, channel):
    """Fraction of each frame in which a color prevails."""
    others = [other for other in range(3) if other != channel]
    return (frames[..., channel] > 40 + frames[..., others].max(-1)).mean((1, 2))


def test_classes_are_seen_where_the_labels_say(pictures):
    seen = np.zeros((10, 2), np.uint8)
    seen[3:7, 0] = seen[5:, 1] = 1
    for seed in range(5):
        frames = render(seen, pictures, seed)
        assert frames.shape == (10, FRAME, FRAME, 3)
        for label in range(2):
            assert ((area(frames, label) > 0.04) == (seen[:, label] == 1)).all()
            assert (area(frames, label)[seen[:, label] == 0] < 0.01).all()


def test_two_events_at_once_are_two_objects_beside_each_other(pictures):
    frames = render(np.ones((10, 2), np.uint8), pictures, 1)
    columns = [set(np.flatnonzero((frames[..., c] > 90).any((0, 1)))) for c in (0, 1)]
    assert all(columns)
    halves = sorted(min(part) // (FRAME // 2) for part in columns)
    assert halves == [0, 1]


def test_a_fifth_of_the_frames_have_a_distractor_that_hides_no_class(pictures, monkeypatch):
    monkeypatch.setattr(picture, "NOISE", (0, 0))
    pictures = Pictures(pictures.objects, [plain(BLUE)])
    seen = np.zeros((10, 2), np.uint8)
    changed = 0
    for seed in range(60):
        monkeypatch.setattr(picture, "DISTRACTED", 0.2)
        some = render(seen, pictures, seed)
        monkeypatch.setattr(picture, "DISTRACTED", 0.0)
        none = render(seen, pictures, seed)
        changed += (np.abs(some - none).max((1, 2, 3)) > 3).sum()
    assert changed / 600 == pytest.approx(0.2, abs=0.06)
    monkeypatch.setattr(picture, "DISTRACTED", 1.0)
    assert area(render(np.ones((10, 2), np.uint8), pictures), 0).min() > 0.04


def test_detail_does_not_tell_classes_apart(pictures):
    """Photographs of more and of fewer pixels end up with the same range of detail."""
    rng = np.random.default_rng(0)
    stripes = np.repeat(np.tile(np.array([0, 255], np.uint8), 32)[None], 64, 0)  # (64, 64), the finest detail
    sharp = np.repeat(stripes[..., None], 3, 2)
    contrast = [picture._altered(sharp, (64, 64), rng).std() for _ in range(40)]
    assert min(contrast) < 0.2 * max(contrast)


def test_objects_move_but_stay_in_the_frame(pictures):
    seen = np.ones((10, 2), np.uint8)
    places = []
    for frame in render(seen, pictures, 2):
        ys, xs = np.nonzero(frame[..., 0] > 60 + frame[..., 1:].max(-1))
        places.append((ys.min(), xs.min()))
    assert len(set(places)) > 3
    steps = np.abs(np.diff(np.array(places), axis=0))
    assert steps.max() <= picture.PAN + 3


def test_objects_are_mirrored_and_keep_their_colors():
    half = np.concatenate([plain(RED, 60, 30), plain(GREEN, 60, 30)], axis=1)
    cropped = [picture._cropped(half, np.random.default_rng(seed)) for seed in range(20)]
    left = {tuple(part[0, 0].tolist()) for part in cropped}
    assert left == {tuple(RED.tolist()), tuple(GREEN.tolist())}


def test_equal_generators_give_equal_frames(pictures):
    seen = np.ones((10, 2), np.uint8)
    first, again, other = (render(seen, pictures, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
