"""The command as a user calls it: in processes with a sound installation and with broken ones."""

import os
import re
import subprocess
import sys

import pytest

from leap import __version__
from leap.doctor import examine
from tests.tree import ROOT

BROKEN = {
    "an import that raises": "raise RuntimeError('libcudart.so.12: no such file' + chr(10) + 'second line')",
    "an import that exits": "raise SystemExit('no licence')",
    "an import that prints": "print('leap-doctor?')\nraise OSError(13, 'Permission denied', __file__)",
    "an import that ends the process": "import os\nos._exit(7)",
    "an import that crashes": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
}
"""What a damaged ``torch`` may do when it is imported."""


@pytest.fixture
def home(tmp_path):
    """Environment of a user with a home folder of their own and without LLP."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEAP_", "XDG_"))}
    return kept | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "API_TOKEN": "hunter2"}


def doctor(env, cwd=None):
    """Status, report, and stderr."""
    command = [sys.executable, "-m", "leap", "doctor"]
    result = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


def line(report, subject):
    """The state of a subject and the command that gets it."""
    (found,) = re.findall(rf"^- {re.escape(subject)}: (.*)$", report, re.MULTILINE)
    return found


def test_a_sound_installation_is_described(home, tmp_path):
    status, report, err = doctor(home, tmp_path)
    assert (status, err) == (0, "")
    assert report.startswith(f"### leap doctor\n\n**System**\n\n- leap: {__version__}, Python 3.")
    assert line(report, "av-digits") == "opens; videos: 2,000 train, 400 val, 800 test"
    assert line(report, "llp").endswith("`leap data fetch llp --out llp; export LEAP_DATA=llp`")
    assert line(report, "yamnet and efficientnet-lite0").endswith("`leap weights fetch everyday`")
    assert line(report, "clip") == "not fetched; `leap weights fetch clip`"
    assert line(report, "cache").startswith("~/.cache/leap/weights, ")
    assert "GB free" in line(report, "cache")


def test_the_report_names_no_person_and_no_secret(home, tmp_path):
    data = tmp_path / "private" / "llp"
    data.mkdir(parents=True)
    (data / "llp.h5").write_bytes(b"no HDF5")
    env = home | {"LEAP_DATA": str(data), "USER": "ada", "LOGNAME": "ada", "XDG_CACHE_HOME": "/scratch/ada/x"}
    status, report, _ = doctor(env, tmp_path)
    assert status == 0
    assert str(tmp_path) not in report
    assert "ada" not in report.replace("metadata", "")
    assert "hunter2" not in report
    assert line(report, "llp").startswith("~/private/llp/llp.h5: cannot be read as HDF5")
    assert line(report, "cache").startswith("/scratch/<user>/x/leap/weights, ")


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_core_is_reported(how, home, tmp_path):
    (tmp_path / "broken" / "torch").mkdir(parents=True)
    (tmp_path / "broken" / "torch" / "__init__.py").write_text(BROKEN[how])
    path = f"{tmp_path / 'broken'}{os.pathsep}{ROOT}"
    status, report, err = doctor(home | {"PYTHONPATH": path}, tmp_path)
    assert status == 2
    assert err.startswith("leap: the core does not work: see ")
    assert err.count("\n") == 1
    assert "`pip install --force-reinstall --no-deps torch`" in report
    assert "Traceback" not in report
    assert "**Packages**" in report


def test_the_working_folder_is_not_imported_from(home, tmp_path):
    (tmp_path / "torch.py").write_text("raise RuntimeError")
    command = [sys.executable, "-P", "-m", "leap", "doctor"]
    result = subprocess.run(command, env=home, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("cache", ["a file", "a loop", "damaged weights", "an empty folder of weights"])
def test_a_broken_cache_is_reported(cache, home, tmp_path):
    folder = tmp_path / ".cache" / "leap" / "weights"
    if cache == "a file":
        (tmp_path / ".cache").write_bytes(b"")
    elif cache == "a loop":
        (tmp_path / ".cache").symlink_to(".cache")
    elif cache == "damaged weights":
        folder.mkdir(parents=True)
        (folder / "yamnet.safetensors").write_bytes(b"\xff" * 64)
        (folder / "vggish.safetensors").mkdir()
    else:
        (folder / "clip").mkdir(parents=True)
    status, report, err = doctor(home, tmp_path)
    assert (status, err) == (0, "")
    if cache == "damaged weights":
        assert line(report, "yamnet").startswith("~/.cache/leap/weights/yamnet.safetensors is damaged (")
        assert line(report, "yamnet").endswith("; remove it and fetch it again; `leap weights fetch yamnet`")
        assert line(report, "efficientnet-lite0").endswith("`leap weights fetch everyday`")
    if cache in ("damaged weights", "an empty folder of weights"):
        name = "clip" if cache.startswith("an empty") else "vggish"
        assert "holds no safetensors" in line(report, name)
    assert line(report, "fetched weights") == "none"


def test_an_import_that_hangs_is_reported(tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("import time\ntime.sleep(60)")
    monkeypatch.syspath_prepend(str(tmp_path))
    (stopped,) = (finding for finding in examine(timeout=2) if finding.stops_core)
    assert stopped.state == "no answer within 2 s"


def test_it_needs_nothing_but_the_command_line_to_start():
    code = (
        "import sys; from leap.cli import app; import leap.doctor\n"
        "print(sorted({'torch', 'numpy', 'pydantic.main', 'h5py', 'platformdirs'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_system_that_starts_no_process_is_reported(monkeypatch):
    def fail(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("subprocess.run", fail)
    assert [finding.state for finding in examine() if finding.stops_core] == [
        "cannot be examined (OSError: not enough memory)"
    ]
