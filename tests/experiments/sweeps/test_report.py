import pandas as pd
import pytest

from leap.config import RunConfig
from leap.errors import LeapError
from leap.experiments.sweeps.axes import parse_axis
from leap.experiments.sweeps.plan import Plan
from leap.experiments.sweeps.report import best_config, trial_table, write_report
from leap.experiments.sweeps.study import Finished

PLAN = Plan(RunConfig(), {}, (parse_axis("train.lr=log:1e-4..1e-2"), parse_axis("train.clip=null,1")), 2)


def trial(number, lr, clip, score):
    return Finished(number, {"train.lr": lr, "train.clip": clip}, score)


TRIALS = [
    trial(0, 0.001, None, 40.0),
    trial(1, 0.01, 1, None),
    trial(2, 0.002, 1, 50.0),
    trial(3, 0.001, None, 40.0),
    trial(4, 0.003, 1, 50.0),
]


def test_the_table_is_sorted_and_has_every_setting_once():
    table = trial_table(PLAN, TRIALS)
    assert table["trial"].tolist() == [2, 4, 0, 1]
    assert table["train.clip"].tolist() == [1, 1, "null", 1]
    assert table["score"].tolist()[:3] == [50, 50, 40]
    assert pd.isna(table["score"].iloc[3])
    assert set(table["seeds"]) == {"0 1"}


def test_the_best_is_the_first_of_the_best():
    assert best_config(PLAN, TRIALS).train.lr == 0.002


def test_without_a_score_there_is_a_table_only(tmp_path):
    write_report(PLAN, TRIALS[1:2], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["trials.csv"]
    with pytest.raises(LeapError, match="every training diverged"):
        best_config(PLAN, TRIALS[1:2])
    with pytest.raises(LeapError, match="all are in other processes"):
        best_config(PLAN, [])
