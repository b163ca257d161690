import pytest

from leap.experiments.sweeps.axes import parse_axis
from leap.experiments.sweeps.study import SweepStudy

AXES = (parse_axis("x=0.0..1"), parse_axis("y=a,b"))


@pytest.fixture
def open_study(tmp_path):
    """Open the study of a folder as a process does."""
    return lambda folder="out", seed=0: SweepStudy(made(tmp_path / folder), AXES, {"config": 1}, seed)


def made(folder):
    folder.mkdir(exist_ok=True)
    return folder


def key(values):
    return f"{values['x']}-{values['y']}"


def finish(study, claim, score):
    study.finish(claim.number, score)
    claim.lock.release(force=True)


def test_a_trial_belongs_to_one_process_until_it_ends(open_study):
    first, second = open_study(), open_study()
    one, two = first.claim(2, key), second.claim(2, key)
    assert (one.number, two.number) == (0, 1)
    assert second.claim(2, key) is None
    one.lock.release(force=True)  # as the system does when the process is killed
    again = second.claim(2, key)
    assert (again.number, again.settings) == (0, one.settings)
    finish(second, again, 1.0)
    finish(second, two, 2.0)
    assert [(trial.number, trial.score) for trial in first.finished()] == [(0, 1.0), (1, 2.0)]
    assert first.claim(2, key) is None
    assert first.claim(3, key).number == 2


def test_a_trial_is_finished_once(open_study):
    study = open_study()
    claim = study.claim(1, key)
    finish(study, claim, 1.0)
    study.finish(claim.number, 3.0)
    assert [trial.score for trial in study.finished()] == [1.0]


def test_a_trial_without_all_values_is_given_up(open_study):
    study = open_study()
    study.study.ask({"x": AXES[0].distribution()})
    claim = study.claim(1, key)
    assert claim.number == 1
    finish(study, claim, 1.0)
    assert [trial.number for trial in study.finished()] == [1]


def test_proposals_depend_on_the_seed_and_the_finished_trials(open_study):
    def proposals(folder, seed, reopen):
        study, found = open_study(folder, seed), []
        for _ in range(14):
            claim = study.claim(14, key)
            found.append(claim.settings)
            finish(study, claim, -abs(claim.settings["x"] - 0.3))
            study = open_study(folder, seed) if reopen else study
        return found

    first = proposals("a", 0, reopen=False)
    assert proposals("b", 0, reopen=True) == first
    assert proposals("c", 1, reopen=False) != first
    assert len({values["x"] for values in first}) == 14
    assert {values["y"] for values in first} == {"a", "b"}
