from dataclasses import replace

import pytest

from leap.config import RunConfig
from leap.errors import LeapError
from leap.experiments.grid import check_profile, result_name, system_config, with_seeds


def test_known_profiles_only():
    assert [check_profile(name) for name in ("smoke", "laptop", "full")] == ["smoke", "laptop", "full"]
    with pytest.raises(LeapError, match="unknown profile 'big'; known are smoke, laptop, full, trial, paper"):
        check_profile("big")


def test_results_of_other_data_sets_have_names_of_their_own():
    assert result_name("02_scores", "av-digits") == "02_scores"
    assert result_name("02_scores", "llp-sim") == "02_scores_llp_sim"
    assert result_name("12_scores", "llp-sim", home="llp-sim") == "12_scores"


def test_seeds_count_from_zero_and_short_profiles_have_one():
    assert [run.seed for run in with_seeds(RunConfig(), "full", 3)] == [0, 1, 2]
    (smoke,) = with_seeds(RunConfig(), "smoke", 3)
    assert (smoke.seed, smoke.train.epochs, smoke.train.videos) == (0, 2, 128)


def test_smoke_needs_no_search():
    """Scores at this profile mean nothing, so that any data set can be tried."""
    searched, other = (system_config("LEAP", "smoke", name) for name in ("av-digits", "av-everyday"))
    assert other == replace(searched, dataset="av-everyday")
    with pytest.raises(LeapError, match="no settings chosen for data set 'av-everyday'"):
        system_config("LEAP", "full", "av-everyday")
