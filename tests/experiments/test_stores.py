import pytest

from leap.data.registry import dataset_path
from leap.errors import LeapError
from leap.experiments import stores
from leap.experiments.chapter import Simulation
from leap.experiments.stores import make_store, open_store


def test_a_data_set_is_known_by_name_or_given_by_path(tiny_path, tmp_path):
    with open_store("av-digits", tmp_path) as store:
        assert store.path == dataset_path("av-digits")
    with open_store("tiny", tmp_path, str(tiny_path)) as store:
        assert store.path == tiny_path
    with pytest.raises(LeapError, match="kitchen: no such file, and no data set of that name"):
        open_store("kitchen", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_simulated_data_set_is_made_once(tiny_path, tmp_path, monkeypatch):
    sizes = {"val": 5, "test": 5}
    monkeypatch.setattr("leap.data.llp_sim.build.SIZES", sizes)
    simulations = {"llp-sim-50": Simulation(videos=70, classes=50)}
    with pytest.raises(LeapError, match=r"llp_sim_70x50\.h5: no such file"):
        open_store("llp-sim-50", tmp_path, "", simulations)
    assert list(tmp_path.iterdir()) == []
    with make_store("llp-sim-50", tmp_path, str(tiny_path), simulations) as store:
        assert (store.dataset, len(store.classes)) == ("llp-sim-50", 50)
        assert store.splits == {"train": 70} | sizes
        assert store.path == tmp_path / "stores" / "llp_sim_70x50.h5"
    monkeypatch.setattr(stores, "simulate_llp", None)
    for again in (make_store, open_store):
        again("llp-sim-50", tmp_path, "", simulations).close()
