"""Completion as a shell asks for it: a process that reads the command line from environment variables."""

import os
import shutil
import subprocess
import sys

import pytest

from leap.cli import completion
from leap.cli.completion import clip_models, listed, one_of
from leap.data.registry import DATASETS
from leap.features.extraction import FOLDERS
from leap.features.weights import GROUPS, WEIGHTS
from leap.inference.protocols import PROTOCOLS
from leap.models.shipped import shipped_parsers
from leap.presets import PRESETS
from leap.releases.importing import RELEASES

HEAVY = ("numpy", "torch", "h5py", "pandas", "leap.config")


@pytest.fixture
def home(tmp_path):
    """Environment of a home folder whose ``leap`` is this package's."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "leap"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m leap "$@"\n')
    program.chmod(0o755)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return os.environ | {"HOME": str(tmp_path), "PATH": path, "PYTHONPATH": root}


def answer(line, shell="bash", code="from leap.cli import main; main()"):
    """What the command answers to a shell about the last word of a line."""
    words = line.split(" ")
    asked = {
        "bash": {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
    }
    env = os.environ | asked[shell] | {"_LEAP_COMPLETE": f"complete_{shell}"}
    result = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    return result.stdout


def test_the_names_are_those_of_the_registries():
    assert tuple(PRESETS) == completion.PRESETS
    assert tuple(DATASETS) == completion.DATASETS
    assert tuple(PROTOCOLS) == completion.PROTOCOLS
    assert set(FOLDERS) == set(completion.KINDS)
    assert {*WEIGHTS, *GROUPS} == set(completion.NETWORKS)
    assert completion.shipped_models("") == list(shipped_parsers())
    assert set(RELEASES) == set(completion.RELEASES)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("leap preset valor", ["valor", "valor+", "valor++"]),
        ("leap evaluate --model av-e", ["av-everyday/leap", "av-everyday/mmil"]),
        ("leap evaluate --split ", ["train", "val", "test"]),
        ("leap diagnose --protocol j", ["jomold"]),
        ("leap parse clip.mp4 --model t", ["tagger"]),
        ("leap features extract videos --kinds audio,pseudo_", ["audio,pseudo_audio", "audio,pseudo_visual"]),
        ("leap data fetch l", ["llp"]),
        ("leap weights fetch e", ["efficientnet-lite0", "efficientnet-lite1", "everyday"]),
        ("leap train x.json --device c", ["cpu", "cuda"]),
        ("leap import-release v", ["valor"]),
        ("leap preset nosuch", []),
        ("leap evaluate --model results/", []),  # bash then offers files
    ],
)
def test_values_are_completed(line, values):
    assert answer(line).split() == values


def test_zsh_gets_the_same_values_or_files():
    assert answer("leap preset valor+", "zsh") == '_arguments \'*: :(("valor+"\n"valor++"))\'\n'
    assert answer("leap preset nosuch", "zsh") == "_files\n"


def test_nothing_heavy_is_imported_to_complete():
    code = (
        "import sys\nfrom leap.cli import main\ntry:\n    main()\n"
        f"finally:\n    print(sorted(set({HEAVY!r}) & sys.modules.keys()))"
    )
    assert answer("leap evaluate --model av-d", code=code).splitlines() == [
        "av-digits/leap",
        "av-digits/mmil",
        "[]",
    ]


def test_bash_itself_completes_with_the_script_of_the_command(home):
    shell = (
        "source <(leap --show-completion)\nCOMP_WORDS=(leap weights fetch yam)\nCOMP_CWORD=3\n"
        '_leap_completion leap\nprintf "%s\\n" "${COMPREPLY[@]}"\ncomplete -p leap'
    )
    result = subprocess.run(["bash", "-euc", shell], env=home, capture_output=True, text=True, check=True)
    assert result.stdout == "yamnet\ncomplete -o default -F _leap_completion leap\n"


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_reads_the_script_of_the_command(home):
    shell = 'autoload -Uz compinit; compinit -u\neval "$(leap --show-completion)"\necho $_comps[leap]'
    result = subprocess.run(["zsh", "-fc", shell], env=home, capture_output=True, text=True, check=True)
    assert result.stdout == "_leap_completion\n"


def test_the_command_installs_the_completion_of_its_shell(home, tmp_path):
    subprocess.run(["bash", "-c", "leap --install-completion; true"], env=home, check=True)
    assert "_LEAP_COMPLETE=complete_bash" in (tmp_path / ".bash_completions" / "leap.sh").read_text()
    assert str(tmp_path / ".bash_completions" / "leap.sh") in (tmp_path / ".bashrc").read_text()


def test_a_list_repeats_nothing_and_keeps_what_was_typed():
    complete = listed(("audio", "clip", "clap"))
    assert complete("") == ["audio", "clip", "clap"]
    assert complete("clip,audio,c") == ["clip,audio,clap"]
    assert complete("other,cl") == ["other,clip", "other,clap"]
    assert complete("audio,x") == []


def test_hostile_beginnings_complete_to_nothing():
    for text in ("-x", "a\0b", "x" * 5000, "../", "[", "*"):
        assert one_of(completion.DATASETS)(text) == clip_models(text) == []
