import pytest

from leap.data.classes import LLP
from leap.data.registry import (
    DATASETS,
    check_dataset,
    dataset_path,
    default_labels,
    find_dataset,
    open_dataset,
    simulated_name,
)
from leap.errors import LeapError

UNKNOWN = ["av_digits", "LLP", "llp-sim-7", "llp-sim-025", "llp-sim-25", "llp-sim-0", "llp-sim-", ""]


def test_simulations_of_any_number_of_classes_are_known():
    assert simulated_name(len(LLP)) == "llp-sim"
    for number in (5, 50, 200):
        dataset = find_dataset(simulated_name(number))
        assert (len(dataset.classes), dataset.labels, dataset.ships) == (number, "orthogonal", False)


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_names_are_refused_in_one_line(name):
    assert find_dataset(name) is None
    with pytest.raises(
        LeapError, match=r"^unknown data set '.*'; known are av-digits, av-everyday, llp, .* store$"
    ):
        check_dataset(name)


def test_custom_names_are_allowed_with_a_store():
    check_dataset("kitchen", custom=True)
    for name in DATASETS:
        check_dataset(name)
    for name in ("Kitchen 2", "llp-sim-7"):
        with pytest.raises(LeapError, match=rf"unknown data set '{name}'; .* use lower-case letters"):
            check_dataset(name, custom=True)


def test_default_labels_are_packed_ones_where_the_data_set_has_them():
    names = ("av-digits", "av-everyday", "llp", "llp-sim", "llp-sim-50", "kitchen")
    assert [default_labels(name) for name in names] == [
        "orthogonal",
        "glove",
        "dataset",
        "orthogonal",
        "orthogonal",
        "dataset",
    ]


def test_stores_that_do_not_ship_lie_in_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("LEAP_DATA", raising=False)
    with pytest.raises(LeapError, match=r"llp-sim-50: set LEAP_DATA to the folder that holds llp_sim_50\.h5"):
        open_dataset("llp-sim-50")
    monkeypatch.setenv("LEAP_DATA", str(tmp_path))
    assert dataset_path("llp-sim-50") == tmp_path / "llp_sim_50.h5"
    with pytest.raises(LeapError, match=r"llp_sim_50\.h5: no such file"):
        open_dataset("llp-sim-50")


@pytest.mark.parametrize("name", ["nowhere.h5", "av_digits"])
def test_what_is_neither_file_nor_data_set(name):
    with pytest.raises(LeapError, match=rf"^{name}: no such file, and no data set of that name \(av-digits"):
        open_dataset(name)
