from importlib.metadata import PackageNotFoundError

import pytest

from leap.doctor import packages
from leap.doctor.finding import Finding
from leap.doctor.packages import needs, package_findings
from tests.test_extras import EXTRAS, PROJECT

REQUIRES = [
    "torch>=2.6",
    'av>=14; extra == "media"',
    "scipy>=1.11 ; extra == 'media'",
    'leap-avvp[media,text]; extra == "dev"',
    "???",
]
INSTALLED = {"torch": "2.9.0", "scipy": "1.17.1"}


@pytest.fixture
def metadata(monkeypatch):
    """Metadata of an installation without av."""

    def version(name):
        if name not in INSTALLED:
            raise PackageNotFoundError(name)
        return INSTALLED[name]

    monkeypatch.setattr(packages, "requires", lambda name: REQUIRES)
    monkeypatch.setattr(packages, "version", version)


def test_every_extra_is_complete_or_has_its_command(metadata):
    assert list(package_findings()) == [
        Finding("Packages", "core", "torch 2.9.0"),
        Finding("Packages", "[media]", "not installed; lacks av", "pip install 'leap-avvp[media]'"),
        Finding("Packages", "[dev]", "what [media] needs, what [text] needs"),
    ]


def test_a_missing_package_of_the_core_stops_it(metadata, monkeypatch):
    monkeypatch.delitem(INSTALLED, "torch")
    core = next(package_findings())
    assert core == Finding("Packages", "core", "not installed; lacks torch", "pip install 'leap-avvp'", True)


def test_damaged_metadata_have_no_version(metadata, monkeypatch):
    monkeypatch.setitem(INSTALLED, "torch", None)
    assert next(package_findings()).state == "torch of unknown version"


def test_a_package_that_is_not_installed_is_said_to_be_so(monkeypatch):
    def requires(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packages, "requires", requires)
    (finding,) = package_findings()
    assert finding.state.startswith("unknown, because leap-avvp is imported from a folder")
    assert not finding.stops_core


def test_the_extras_are_those_of_the_project():
    assert set(needs()) == {"", *EXTRAS}
    assert len(needs()[""].names) == len(PROJECT["dependencies"])
    assert set(needs()["dev"].included) == set(EXTRAS) - {"dev"}
