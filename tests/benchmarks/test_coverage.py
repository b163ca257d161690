import numpy as np
import pandas as pd
import pytest

from benchmarks import coverage as study
from benchmarks.coverage import PAIRS, RESULTS, coverage, estimate, one_value_per_seed, record_pairs
from leap.experiments.compare import mean_squares
from tests.tree import ROOT

TRIALS = 300
SLACK = 3.5 * np.sqrt(0.95 * 0.05 / TRIALS)  # Monte Carlo error


@pytest.fixture(autouse=True)
def committed_records(monkeypatch):
    monkeypatch.setattr(study, "RESULTS", ROOT / RESULTS)
    monkeypatch.setattr(study, "RESAMPLES", 400)


@pytest.fixture(scope="module")
def pairs():
    def find(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(study, "RESULTS", ROOT / RESULTS)
            return record_pairs(*PAIRS[name])

    return {name: find(name) for name in PAIRS}


def test_effects_of_the_records_have_their_variance(pairs):
    for found in pairs.values():
        effects = study.score_effects(found)
        random = np.random.default_rng(0)
        for draw in (effects.normal, effects.resampled):
            squares = np.mean([mean_squares(draw(5, random))[0] for _ in range(200)], axis=0)
            residual, by_video = effects.residuals.var(), effects.by_video
            by_seed = residual + len(by_video) * effects.seed_sd**2
            assert squares == pytest.approx([by_seed, residual + 5 * by_video.var(), residual], rel=0.25)


def test_effects_are_those_of_the_analysis_of_variance():
    random = np.random.default_rng(0)
    table = (
        2 * random.standard_normal((8, 1))
        + 3 * random.standard_normal(500)
        + random.standard_normal((8, 500))
    )
    found = estimate(table)
    assert found.by_video.std() == pytest.approx(3, rel=0.15)
    assert found.residuals.std() == pytest.approx(1, rel=0.05)
    assert found.seed_sd == pytest.approx(np.std(table.mean(axis=1), ddof=1), rel=0.05)


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("draw", ["normal", "resampled"])
def test_intervals_of_scores_cover_the_truth(pairs, draw, seeds):
    simulate = getattr(study.score_effects(pairs["LEAP − MMIL, HAN"]), draw)
    assert coverage(simulate, seeds, TRIALS)["interval"] == pytest.approx(0.96, abs=SLACK)


@pytest.mark.parametrize("draw", ["normal", "of the records"])
def test_intervals_over_seeds_cover_the_truth_and_those_of_a_bootstrap_do_not(pairs, draw):
    simulate = {
        "normal": lambda seeds, random: random.standard_normal((seeds, 1)),
        "of the records": one_value_per_seed(pairs["LEAP − MMIL, HAN"]),
    }
    found = coverage(simulate[draw], 3, TRIALS)
    assert found["interval"] == pytest.approx(0.95, abs=SLACK)
    assert found["bootstrap"] < 0.95 - SLACK


def test_the_committed_table_is_of_sound_intervals():
    table = pd.read_csv(ROOT / "results" / "tables" / "coverage.csv")
    assert all(list(part["seeds"]) == [3, 5, 10] for _, part in table.groupby(["measure", "effects"]))
    assert table["interval"].between(0.9, 0.98).all()
    over_seeds = table["measure"].str.startswith("average precision")
    assert (table["bootstrap"][over_seeds] < table["interval"][over_seeds]).all()
