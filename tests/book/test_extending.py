"""The page about parts of one's own: its code runs, and does what the page says."""

import json
import re
import subprocess
import sys

import pytest

from leap.config import DECODERS, ENCODERS, LOSSES, from_dict
from leap.errors import LeapError
from leap.training.run import run_key
from tests.tree import ROOT

TEXT = (ROOT / "book" / "extending.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
FILES = {block.splitlines()[0][2:]: block for block in PYTHON if block.startswith("# my_lab/")}
CONFIG = json.loads(re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)[1])
COMMANDS = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page's files, which can be imported."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "my_lab").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    registries = (ENCODERS, DECODERS, LOSSES)
    known = [dict(registry.parts) for registry in registries]
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "my_lab"]:
        del sys.modules[name]
    for registry, before in zip(registries, known, strict=True):
        registry.parts = before


@pytest.fixture(scope="module")
def names(folder):
    """What the rest of the page's Python code defines."""
    found = {"folder": folder / "trained"}
    rest = [block for block in PYTHON if block not in FILES.values()]
    exec(compile("\n".join(rest), "extending.md", "exec"), found)
    return found


def test_the_page_has_an_encoder_a_decoder_and_a_loss():
    assert list(FILES) == ["my_lab/encoders.py", "my_lab/decoders.py", "my_lab/losses.py"]


def test_the_commands_train_and_evaluate_the_system(folder):
    env = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = ["bash", "-euc", COMMANDS]
    result = subprocess.run(run, cwd=folder, env=env, capture_output=True, text=True, check=True)
    scores = json.loads(result.stdout[result.stdout.index("{") :])
    assert 0 < scores["seg_type"] < 100
    log = [json.loads(line) for line in (folder / "mine" / "log.jsonl").read_text().splitlines()]
    assert len(log) == CONFIG["train"]["epochs"]
    assert {"loss_video", "loss_segment_audio", "loss_segment_visual", "loss_total"} <= log[0].keys()


def test_a_checkpoint_does_not_choose_what_is_imported(folder):
    evaluate = [sys.executable, "-m", "leap", "evaluate", "--model", "mine", "--split", "val"]
    result = subprocess.run(evaluate, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "LEAP_PARTS=my_lab" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_key_of_another_part_is_refused_with_its_place(folder):
    model = {"encoder": {"name": "my_lab.encoders:ConvEncoder", "layers": 2}}
    with pytest.raises(LeapError, match=r"model\.encoder\.layers: unknown key"):
        from_dict({"model": model})
    with pytest.raises(LeapError, match=r"model\.encoder\.kernel: .*greater than or equal to 1"):
        from_dict({"model": {"encoder": {"name": "my_lab.encoders:ConvEncoder", "kernel": 0}}})


def test_new_parts_train_with_each_other_and_with_ours(names):
    assert list(names["scores"]) == ["conv, max", "conv, LEAP", "HAN, max"]
    for scores in names["scores"].values():
        assert 0 < scores["seg_type"] < 100
    assert (names["folder"] / "conv, max" / "log.jsonl").exists()


def test_the_parts_hyper_parameters_name_the_run(folder):
    keys = {
        run_key(from_dict(CONFIG | {"loss": {"basic": {"name": "my_lab.losses:FocalLoss", "gamma": g}}}), "")
        for g in (0.5, 1.0)
    }
    assert len(keys) == 2


def test_the_tagger_finds_digits_and_places_them(names):
    assert names["f"] > 0.9
    assert names["placed"] > 0.5
