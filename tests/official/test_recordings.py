"""The Free Spoken Digit Dataset: AV-Digits is made of these recordings."""

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.io import wavfile
from scipy.signal import resample_poly

from leap.data.av_digits import rederive, sources
from leap.data.av_digits.build import rederive_teacher
from leap.data.registry import open_dataset
from leap.data.teacher import teacher_scores
from leap.features.log_mel import log_mel
from tests.data.av_digits.test_av_digits import assert_same
from tests.features.test_log_mel import by_scipy
from tests.tree import RECORDINGS


def test_they_have_the_pinned_hash():
    sources.check_recordings(RECORDINGS)


def test_no_two_roles_share_a_recording():
    roles = sources.ROLES.values()
    contents = [{(RECORDINGS / name).read_bytes() for name in role.files()} for role in roles]
    assert all(not first & second for first, second in combinations(contents, 2))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_shipped_videos_are_rederived(split):
    with open_dataset("av-digits") as store:
        assert_same(rederive(store, RECORDINGS, split, [0, 1, 17, 399]))


@pytest.mark.parametrize("split", ["val", "test"])
def test_shipped_scores_of_the_teachers_are_rederived(split):
    with open_dataset("av-digits") as store:
        chosen = [0, 1, 17, 399]
        logits = rederive_teacher(store, RECORDINGS, split, chosen)
        for new, stored in zip(logits, teacher_scores(store, split), strict=True):
            torch.testing.assert_close(new, stored[chosen], rtol=2e-3, atol=2e-3)


def test_log_mel_is_that_of_scipy():
    for path in sorted(RECORDINGS.glob("*_0.wav"))[:40]:
        rate, samples = wavfile.read(path)
        sound = resample_poly(samples / 32768, 16_000, rate)
        np.testing.assert_allclose(log_mel(sound), by_scipy(sound), atol=1e-9)
