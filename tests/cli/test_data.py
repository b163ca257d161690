import subprocess
import sys

import numpy as np
import pytest

from leap.data.classes import AV_DIGITS, LLP


@pytest.mark.parametrize(
    ("command", "supported"),
    [
        (("build", "ave", "--recordings", "x"), "av-digits and av-everyday"),
        (("fetch", "ave"), "av-digits, av-everyday and llp"),
        (("check", "ave", "--annotations", "x"), "llp"),
        (("pack", "ave", "--root", "x"), "llp"),
    ],
)
def test_unknown_data_sets_are_refused_first(refused, command, supported):
    assert refused("data", *command) == f"leap: unknown data set 'ave'; this command supports {supported}\n"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("av-digits",), "av-digits needs --recordings; `leap data fetch av-digits`"),
        (("av-everyday",), "av-everyday needs --material; `leap data fetch av-everyday`"),
        (("av-digits", "--recordings", "x", "--rotation", 1), "--rotation and --weights are for av-everyday"),
        (("av-digits", "--recordings", "x", "--material", "x"), "--material is for av-everyday only"),
        (("av-everyday", "--material", "x", "--recordings", "x"), "--recordings is for av-digits only"),
    ],
)
def test_options_of_another_data_set_are_refused(refused, command, problem):
    assert problem in refused("data", "build", *command)


def test_networks_without_weights_are_named_before_anything_is_built(refused, tmp_path):
    options = ("--material", tmp_path, "--weights", tmp_path / "none", "--out", tmp_path / "out")
    error = refused("data", "build", "av-everyday", *options)
    assert "no weights of yamnet" in error
    assert "leap weights fetch yamnet" in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("classes", "count"),
    [("llp", len(LLP)), ("av-digits", len(AV_DIGITS)), ("av-everyday", 14), ("llp-sim-50", 50)],
)
def test_labels_of_any_known_data_set_are_embedded(leap, tmp_path, classes, count):
    out = tmp_path / "labels.npy"
    assert leap("data", "embed-labels", "--source", "ngrams", "--classes", classes, "--out", out)[0] == 0
    assert np.load(out).shape == (count, 256)


def test_classes_that_are_neither_data_set_nor_file(refused, tmp_path):
    command = ("data", "embed-labels", "--source", "ngrams", "--out", tmp_path / "x.npy")
    assert "av_digits: neither a data set (av-digits, av-everyday, llp" in refused(
        *command, "--classes", "av_digits"
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--frames", "kep"), ("--dtype", "float64"), ("--repair", "some")]
)
def test_misspelt_choices_are_refused_first(leap, tmp_path, option, value):
    status, _, err = leap("data", "pack", "llp", "--root", tmp_path / "none", option, value)
    assert status == 2
    assert value in err
    assert "no such folder" not in err


@pytest.mark.parametrize("command", [[], ["score"], ["data"], ["data", "pack-custom"]])
def test_help_imports_nothing_heavy(command):
    code = (
        "import sys; from leap.cli import main; sys.argv = ['leap', *%r, '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'pandas', 'h5py', 'scipy', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code % command], check=True, stdout=subprocess.DEVNULL)
