"""The runs with denoised pseudo-labels: what differs between cells, and what another chapter keeps."""

from dataclasses import replace

import pytest

from leap.config import AvssConfig, NoiseConfig, SmoothingConfig
from leap.errors import LeapError
from leap.experiments import cells as cells_module
from leap.experiments.cells import CELLS, DESIGN, HOME, cell_config
from leap.experiments.chapters import decoder_or_loss, denoised_labels, leap_vs_mmil, own_runs
from leap.experiments.chapters.denoised_labels import NOISES, SMOOTHERS, grid

SYSTEMS = {
    "MMIL, L_basic": "HAN, MMIL (pooled), L_basic",
    "MMIL, VALOR's loss": "HAN, MMIL (pooled), VALOR's loss",
    "LEAP, L_basic": "HAN, LEAP (separate), L_basic",
    "LEAP, VALOR's loss": "HAN, LEAP (separate), VALOR's loss",
}
"""Decoder and loss → their cell, which has settings of its own."""

SETTINGS = {name: DESIGN[place % len(DESIGN)] for place, name in enumerate(CELLS)}


@pytest.fixture(autouse=True)
def _cells_have_settings(monkeypatch):
    monkeypatch.setattr(cells_module, "chosen", lambda: dict.fromkeys(("tiny", HOME), SETTINGS))


def base(name):
    """The run config of a cell's decoder and loss, without denoising and added errors."""
    cell = SYSTEMS[", ".join(name.split(", ")[:2]).removesuffix(" + L_avss")]
    return cell_config(CELLS[cell], "tiny", SETTINGS[cell])


def test_every_denoising_of_labels_without_added_errors_has_ten_seeds():
    natural = {name: runs for name, runs in grid("full", "tiny").items() if not runs[0].noise.misses}
    natural = {name: runs for name, runs in natural.items() if not runs[0].noise.false_alarms}
    plain = [f"{system}, {title}" for system in SYSTEMS for title in SMOOTHERS]
    avss = [f"{decoder}, VALOR's loss + L_avss, rule" for decoder in ("MMIL", "LEAP")]
    assert list(natural) == plain + avss == list(grid("full", "tiny"))[: len(natural)]
    assert {tuple(run.seed for run in runs) for runs in natural.values()} == {tuple(range(10))}


def test_every_added_error_is_tried_with_and_without_denoising_on_three_seeds():
    found = grid("full", "tiny")
    noisy = [
        f"{system}, {title}, {errors}"
        for errors in NOISES
        for system in SYSTEMS
        for title in ("as they are", "median filter", "HMM")
    ]
    assert [name for name, runs in found.items() if len(runs) == 3] == noisy
    assert {tuple(run.seed for run in found[name]) for name in noisy} == {(0, 1, 2)}


@pytest.mark.parametrize(
    ("name", "smoother", "noise"),
    [
        ("LEAP, L_basic, median filter", "median", NoiseConfig()),
        ("LEAP, VALOR's loss, rule", "auto", NoiseConfig()),
        ("MMIL, VALOR's loss, HMM, 20 % misses", "hmm", NoiseConfig(misses=0.2)),
        ("LEAP, VALOR's loss, as they are, 40 % false alarms", "none", NoiseConfig(false_alarms=0.4)),
        ("MMIL, L_basic, HMM, 40 % bursty misses", "hmm", NoiseConfig(misses=0.4, bursts=True)),
        (
            "LEAP, L_basic, median filter, 40 % bursty false alarms",
            "median",
            NoiseConfig(false_alarms=0.4, bursts=True),
        ),
    ],
)
def test_a_cell_is_what_its_name_says(name, smoother, noise):
    expected = replace(base(name), noise=noise, smoothing=SmoothingConfig(audio=smoother, visual=smoother))
    assert grid("full", "tiny")[name][0] == expected


def test_cells_of_one_decoder_and_loss_differ_in_their_labels_alone():
    for name, runs in grid("full", "tiny").items():
        plain = replace(runs[0], noise=NoiseConfig(), smoothing=SmoothingConfig())
        if "L_avss" in name:
            assert plain.loss.avss == AvssConfig(weight=1.0)
            plain = replace(plain, loss=replace(plain.loss, avss=None))
        assert plain == base(name), name


def test_labels_as_they_are_belong_to_the_chapter_on_decoder_and_loss():
    ours, theirs = grid("full", HOME), decoder_or_loss.grid("full", HOME)
    for system, cell in SYSTEMS.items():
        assert ours[f"{system}, as they are"] == theirs[cell]
    own = own_runs(denoised_labels.CHAPTER, "full", HOME)
    shared = {run for cell in SYSTEMS.values() for run in theirs[cell]}
    assert not shared & set(own)
    assert shared | set(own) == set(denoised_labels.CHAPTER.configs("full", HOME))


def test_earlier_chapters_without_settings_on_a_data_set_keep_no_runs_there():
    with pytest.raises(LeapError, match="no settings chosen for data set 'tiny'"):
        leap_vs_mmil.CHAPTER.configs("full", "tiny")
    assert own_runs(denoised_labels.CHAPTER, "full", "tiny") == denoised_labels.CHAPTER.configs(
        "full", "tiny"
    )


def test_smoke_has_one_run_a_cell_and_one_kind_of_added_errors():
    full, smoke = grid("full", "tiny"), grid("smoke", "elsewhere")
    assert list(smoke) == [
        name for name in full if name.endswith("40 % misses") or not name.endswith(tuple(NOISES))
    ]
    for name, (run,) in smoke.items():
        assert (run.dataset, run.train.epochs, run.train.lr) == ("elsewhere", 2, full[name][0].train.lr)


def test_cells_without_settings_have_no_runs():
    assert grid("full", "llp-sim") == {}
    assert len(grid("paper", "llp")) == len(grid("full", "tiny"))
