"""The tagger with its networks, where `leap weights fetch everyday` has been run: the whole way works.

One clip of LLP, whose path is in ``LEAP_LLP_CLIP``, is a test of the way and no evidence for the networks:
LLP is drawn from AudioSet, on which YAMNet was trained.
"""

import os
from pathlib import Path

import numpy as np
import pytest

import leap
from leap.data.classes import LLP
from tests.features.media.clips import numbered, tone, write_clip
from tests.fetched import fetched_weights

pytestmark = pytest.mark.slow


def seconds(parsed, modality, name):
    return set(np.flatnonzero(parsed.video.events[modality][:, LLP.index(name)]).tolist())


def test_the_dog_of_a_clip_of_llp_is_heard_and_seen():
    weights = fetched_weights("everyday")
    path = os.environ.get("LEAP_LLP_CLIP")
    if not path:
        pytest.skip("LEAP_LLP_CLIP is not set to the file of LLP's video BjCEufrlXm4")
    parsed = leap.load(weights=weights).parse(Path(path))
    barking = {0, 1, 2, 3, 4, 6, 7}
    assert len(seconds(parsed, "audio", "Dog") & barking) > len(barking) / 2
    assert {5, 8, 9} <= seconds(parsed, "audio", "Speech")
    assert 0 not in seconds(parsed, "audio", "Speech")  # it is also reported near the seconds that have it
    assert seconds(parsed, "visual", "Dog") == set(range(10))
    assert set(parsed.events["class"]) == {"Dog", "Speech"}


def test_noise_and_tones_are_neither_heard_nor_seen_as_classes_of_llp(tmp_path):
    weights = fetched_weights("everyday")
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 3)
    for samples in (np.zeros(16_000 * 3), noise, tone(3, 300.0)):
        path = write_clip(tmp_path / "a.mkv", numbered(24, 240, 320), samples=samples)
        assert leap.load(weights=weights).parse(path).events.empty
        path.unlink()
