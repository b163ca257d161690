import getpass
from pathlib import Path

import pytest

from leap.doctor import as_markdown, core_problems
from leap.doctor.finding import Finding
from leap.doctor.report import LONGEST, without_personal_paths


@pytest.fixture
def ada(monkeypatch):
    """A user with a home folder."""
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ada/llp: no such file", "~/llp: no such file"),
        ("in /home/ada, and in /home/ada/x", "in ~, and in ~/x"),
        ("/home/ada2/x and /home/ada.old", "/home/ada2/x and /home/ada.old"),
        ("/scratch/ada/x", "/scratch/<user>/x"),
        ("ada metadata /data/adam", "ada metadata /data/adam"),
    ],
)
def test_paths_lose_home_and_name(ada, text, shown):
    assert without_personal_paths(text) == shown


def test_a_system_without_users_changes_nothing(monkeypatch):
    def unknown():
        raise RuntimeError("no home")

    def nobody():
        raise KeyError("uid")

    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.setattr(getpass, "getuser", nobody)
    assert without_personal_paths("/home/ada/x") == "/home/ada/x"


def test_findings_become_markdown(ada):
    findings = [
        Finding("System", "leap", "0.1.0"),
        Finding("Data", "llp", "line one\nline two\x1b[31m", "leap data fetch llp --out /home/ada/llp"),
        Finding("Data", "long", "x" * 1000, stops_core=True),
    ]
    assert as_markdown(findings) == (
        "### leap doctor\n\n**System**\n\n- leap: 0.1.0\n\n**Data**\n\n"
        "- llp: line one line two\\x1b[31m; `leap data fetch llp --out ~/llp`\n"
        f"- long: {'x' * LONGEST}…"
    )
    assert core_problems(findings) == ["long"]
