import sys

import pytest

from leap.cli import main


@pytest.fixture
def leap(monkeypatch, capsys):
    """Run the command in this process: ``leap(*arguments)`` gives status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["leap", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def refused(leap):
    """The one line on stderr of a command that has to fail."""

    def run(*arguments):
        status, out, err = leap(*arguments)
        assert status == 2
        assert out == ""
        assert err.startswith("leap: ")
        assert err.count("\n") == 1
        return err

    return run
