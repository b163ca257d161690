"""The page about parts of one's own: its code runs, and does what the page says."""

import json
import re
import subprocess
import sys

import pytest
import torch

from leap.config import DECODERS, ENCODERS, LOSSES, from_dict
from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.models import from_pretrained, save_pretrained
from leap.training.run import run_key, train
from tests.tree import ROOT

TEXT = (ROOT / "book" / "extending.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
FILES = {block.splitlines()[0][2:]: block for block in PYTHON if block.startswith("# my_lab/")}
CONFIG = json.loads(re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)[1])
COMMANDS = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1]

MODULES = """
import torch
from pydantic.dataclasses import dataclass
from torch import nn

from leap.config import ENCODERS, STRICT, EncoderConfig


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TiedConfig(EncoderConfig):
    name: str = "tied"


@ENCODERS.register(TiedConfig)
class Tied(nn.Module):
    def __init__(self, config, model):
        super().__init__()
        self.audio = self.visual = nn.Linear(model.width, model.width)

    def forward(self, audio, visual):
        return audio + self.audio(audio).relu(), visual + self.visual(visual).relu()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BufferedConfig(EncoderConfig):
    name: str = "buffered"
    layers: tuple[int, ...] = (1, 2)


@ENCODERS.register(BufferedConfig)
class Buffered(nn.Module):
    def __init__(self, config, model):
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0.5, 1, len(config.layers))]
        self.scale = torch.linspace(0.5, 1, model.width)
        self.register_buffer("order", torch.arange(model.width).flip(0))
        self.register_buffer("hidden", torch.ones(model.width), persistent=False)
        self.register_buffer("causal", torch.full((10, 10), -torch.inf).triu(1))
        self.layer = nn.Linear(model.width, model.width)

    def forward(self, audio, visual):
        return self.attend(audio), visual[..., self.order] * self.scale + self.hidden

    def attend(self, stream):
        scores = self.layer(stream) @ stream.transpose(1, 2) + self.causal  # (B, T, T)
        return stream + sum(self.rates) * scores.softmax(dim=-1) @ stream


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NormalizedConfig(EncoderConfig):
    name: str = "normalized"


@ENCODERS.register(NormalizedConfig)
class Normalized(nn.Module):
    def __init__(self, config, model):
        super().__init__()
        self.norm = nn.BatchNorm1d(model.width)

    def forward(self, audio, visual):
        return tuple(self.norm(stream.transpose(1, 2)).transpose(1, 2) for stream in (audio, visual))
"""
"""Encoders of other forms that the page promises to work: shared layers, buffers, batch normalisation."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page's files, which can be imported."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "my_lab").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "my_lab" / "modules.py").write_text(MODULES, encoding="utf-8")
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
    scores, _ = json.JSONDecoder().raw_decode(result.stdout, result.stdout.index("{"))
    assert 0 < scores["seg_type"] < 100
    log = [json.loads(line) for line in (folder / "mine" / "log.jsonl").read_text().splitlines()]
    assert len(log) == CONFIG["train"]["epochs"]
    assert list((folder / "parsed").iterdir())
    assert {"loss_video", "loss_segment_audio", "loss_segment_visual", "loss_total"} <= log[0].keys()


def test_a_checkpoint_does_not_choose_what_is_imported(folder):
    evaluate = [sys.executable, "-m", "leap", "evaluate", "--model", "mine", "--split", "val"]
    result = subprocess.run(evaluate, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "my_lab.encoders:ConvEncoder, my_lab.decoders:MaxPooling" in result.stderr
    assert result.stderr.endswith("or set LEAP_PARTS=my_lab\n")
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


@pytest.mark.parametrize("name", ["Tied", "Buffered", "Normalized"])
def test_shared_layers_buffers_and_batch_norms_are_saved_and_loaded(name, folder):
    model = {"encoder": {"name": f"my_lab.modules:{name}"}}
    config = from_dict({"model": model, "train": {"epochs": 1, "videos": 64}})
    with open_dataset("av-digits") as store:
        parser, _ = train(config, store, folder / name)
        videos = store.videos("val")[:8]
    save_pretrained(parser, folder / name)
    loaded = from_pretrained(folder / name)
    for key, value in parser.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value), key
    assert torch.equal(loaded(*videos.features).video, parser.eval()(*videos.features).video)
    encoder = loaded.encoder
    assert name != "Tied" or encoder.audio is encoder.visual
    assert name != "Normalized" or encoder.norm.num_batches_tracked > 0


def test_the_parts_hyper_parameters_name_the_run(folder):
    keys = {
        run_key(from_dict(CONFIG | {"loss": {"basic": {"name": "my_lab.losses:FocalLoss", "gamma": g}}}), "")
        for g in (0.5, 1.0)
    }
    assert len(keys) == 2


def test_the_tagger_finds_digits_and_places_them(names):
    assert names["f"] > 0.9
    assert names["placed"] > 0.5
