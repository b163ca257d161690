import errno
import os
import subprocess
import sys

import pytest

from leap.cli import data, failure


def run(*arguments, **options):
    """Run the command as a process."""
    command = [sys.executable, "-m", "leap", *arguments]
    return subprocess.run(command, capture_output=True, **options)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("preset", "leap", "--width", "-5"), "greater than or equal to 1; see leap preset --help"),
        (("preset", "leap", "--width", "0"), "greater than or equal to 1; see leap preset --help"),
        (("import-release", "han", "x.pt", "--heads", "0", "--out", "x"), "; see leap import-release --help"),
        (("data", "simulate", "--videos", "0"), "; see leap data simulate --help"),
        (("data", "simulate"), "Missing option '--videos'; see leap data simulate --help"),
        (("nosuch",), "No such command 'nosuch'; see leap --help"),
        (("parse", "-wX.mp4"), "No such option: -w; write ./-wX.mp4 for a file of that name"),
        (("parse", "--wX.mp4"), "No such option: --wX.mp4; write ./--wX.mp4 for a file of that name"),
    ],
)
def test_a_wrong_command_line_is_one_line(command, line, refused):
    assert refused(*command).endswith(f"{line}\n")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "x"), 2, "x: permission denied"),
        (
            OSError(errno.EMFILE, "Too many open files", "x"),
            2,
            "x: too many open files; raise the limit with",
        ),
        (MemoryError(), 2, "not enough memory"),
        (RecursionError(), 2, "something is nested too deeply"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_every_failure_is_one_line(error, status, line, leap, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(data, "_check_supported", fail)
    result, out, err = leap("data", "fetch", "llp")
    assert (result, out, err.count("\n")) == (status, "", 1)
    assert err.startswith(f"leap: {line}")


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(KeyError):
        failure.exit_status(lambda: {}["x"])


def test_a_reader_that_leaves_is_no_error():
    end, begin = os.pipe()
    os.close(end)
    command = [sys.executable, "-m", "leap", "preset", "leap"]
    result = subprocess.run(command, stdout=begin, stderr=subprocess.PIPE)
    os.close(begin)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_line():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "leap", "preset", "leap"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 2
    assert result.stderr.endswith(b"no space left on the disk\n")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_console_without_utf_8_gets_replacement_characters(variables):
    for command in (("--help",), ("weights", "list"), ("preset", "é…")):
        result = run(*command, env=os.environ | {"PYTHONCOERCECLOCALE": "0"} | variables)
        assert b"Traceback" not in result.stderr
        assert result.returncode == (2 if command[0] == "preset" else 0)


def test_a_working_folder_that_is_gone_is_one_line(tmp_path):
    code = "import os, sys; from leap.cli import main; os.rmdir(os.getcwd()); sys.argv[:] = ['leap']; main()"
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": root}, capture_output=True
    )
    assert (result.returncode, result.stderr) == (
        2,
        b"leap: working folder: no such file; change to another folder\n",
    )
