import hashlib

import pytest

from leap.data.llp import sources
from leap.doctor.data import data_findings


@pytest.fixture
def found(monkeypatch, tmp_path):
    """The findings by subject, with ``LEAP_DATA`` set."""

    def find():
        monkeypatch.setenv("LEAP_DATA", str(tmp_path))
        return {finding.subject: finding for finding in data_findings()}

    return find


def test_official_annotations_are_recognized(found, tmp_path, llp_annotations, monkeypatch):
    (tmp_path / "annotations").symlink_to(llp_annotations)
    assert (
        "not those that upstream distributes: AVVP_dataset_full.csv, " in found()["LLP's annotations"].state
    )
    for path in llp_annotations.iterdir():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setitem(sources.ANNOTATION_SHA256, path.name, digest)
    assert found()["LLP's annotations"].state == f"the official ones, in {tmp_path / 'annotations'}"
    assert found()["LLP's annotations"].remedy == ""


def test_a_store_in_the_folder_is_opened(found, tmp_path, make_tiny_store):
    make_tiny_store(tmp_path / "llp.h5", dataset="llp")
    assert found()["llp"].state == "opens; videos: 24 train, 8 val, 6 test"
    assert found()["llp-sim"].remedy == f"leap data simulate --videos 10000 --out {tmp_path}/llp_sim.h5"
    assert not any(finding.stops_core for finding in found().values())


def test_a_shipped_store_that_is_damaged_stops_the_core(found, tmp_path, monkeypatch):
    from leap.data import registry

    (tmp_path / "x.h5").write_bytes(b"x")
    damaged = registry.Dataset("AV-Digits", tmp_path / "x.h5", (), "", ())
    monkeypatch.setitem(registry.DATASETS, "av-digits", damaged)
    finding = found()["av-digits"]
    assert finding.stops_core
    assert finding.remedy == "pip install --force-reinstall --no-deps leap-avvp"
