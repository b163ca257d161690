import json
import random
import re

import numpy as np
import pytest
import torch

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.io.tensor_file import read_checkpoint
from leap.models.checkpoint import from_pretrained, load_parser, save_pretrained
from leap.releases import RELEASES, from_release, importing, release_model
from tests.golden_files import Golden

OUTPUT = {"rtol": 1e-5, "atol": 1e-6}
FILES = {
    "han_mmil": ("han", 1, {}),
    "mmpyr_mmil": ("mm-pyr", 4, {}),
    "valor_post_norm_l1": ("valor", 4, {}),
    "valor_post_norm_l4": ("valor", 4, {"norm": "post"}),
    "valor_pre_norm_l2": ("valor", 4, {"norm": "pre"}),
    "cmpae": ("cmpae", 1, {}),
    "uwav": ("uwav", 4, {}),
    "leap_mmpyr_n1": ("leap", 4, {}),
    "leap_mmpyr_n2": ("leap", 4, {}),
    "leap_mmpyr_n3": ("leap", 4, {}),
}


def released(name):
    golden = Golden(name)
    state = {key[6:]: golden[key] for key in golden.arrays if key.startswith("param/")}
    return golden, state, FILES[name]


def parse(parser, golden, **labels):
    inputs = [golden[f"input/{name}"] for name in ("audio", "visual_2d", "visual_3d")]
    with torch.inference_mode():
        return parser(*inputs, **labels)


@pytest.mark.parametrize("name", FILES)
def test_outputs_are_the_releases_own_from_features_to_probabilities(name):
    """Frames are given as the release reads them, eight per second."""
    golden, state, (system, heads, options) = released(name)
    parser = from_release(system, state, heads, **options)
    assert not parser.training
    labels = {"label_embedding": golden["input/label_embedding"]} if system == "leap" else {}
    parsing = parse(parser, golden, **labels)
    segments = parsing.segment_audio.sigmoid(), parsing.segment_visual.sigmoid()
    if system == "leap":
        expected = golden["output/a_frame_prob"], golden["output/v_frame_prob"]
    else:
        expected = golden["output/frame_prob"].unbind(2)
    found = {"a_prob": parsing.video_audio, "v_prob": parsing.video_visual, "global_prob": parsing.video}
    for value, theirs in zip(segments, expected, strict=True):
        torch.testing.assert_close(value, theirs, **OUTPUT)
    for key, value in found.items():
        torch.testing.assert_close(value, golden[f"output/{key}"], **OUTPUT, msg=lambda m, n=key: f"{n}: {m}")


@pytest.mark.parametrize("name", ["han_mmil", "leap_mmpyr_n2"])
def test_a_checkpoint_of_data_parallel_training_is_the_same(name):
    _, state, (system, heads, _) = released(name)
    plain = from_release(system, state, heads)
    wrapped = from_release(system, {f"module.{key}": value for key, value in state.items()}, heads)
    for key, value in plain.state_dict().items():
        assert torch.equal(wrapped.state_dict()[key], value)


@pytest.mark.parametrize(
    "name", ["han_mmil", "mmpyr_mmil", "valor_pre_norm_l2", "cmpae", "uwav", "leap_mmpyr_n2"]
)
def test_every_tensor_is_used_or_known_to_be_unused(name):
    """Of every tensor of the file: leaving it out is refused, or changes nothing."""
    golden, state, (system, heads, options) = released(name)
    whole = from_release(system, state, heads, **options).state_dict()
    gradients = {key.removeprefix("grad/"): golden[key] for key in golden.arrays if key.startswith("grad/")}
    used = {key for key, gradient in gradients.items() if gradient.numel()}
    for key in sorted(state)[:: max(1, len(state) // 25)]:
        rest = {other: value for other, value in state.items() if other != key}
        if key in used:
            with pytest.raises(LeapError, match=rf"{re.escape(key)}|lacks"):
                from_release(system, rest, heads, **options)
        else:
            left = from_release(system, rest, heads, **options).state_dict()
            assert all(torch.equal(value, whole[name]) for name, value in left.items())


@pytest.mark.parametrize("name", ["han_mmil", "mmpyr_mmil", "valor_post_norm_l4", "leap_mmpyr_n1"])
def test_what_does_not_fit_is_listed(name):
    _, state, (system, heads, options) = released(name)
    changed = dict(state)
    del changed["fc_fusion.bias"]
    changed["fc_v.bias"] = torch.zeros(3)
    changed |= {f"extra.{i}": torch.zeros(1) for i in range(7)}
    with pytest.raises(LeapError) as error:
        from_release(system, changed, heads, **options)
    message = str(error.value)
    assert "1 missing: fc_fusion.bias" in message
    assert "1 misshapen: fc_v.bias" in message
    assert "7 unknown: extra.0, extra.1, extra.2, extra.3, extra.4 and 2 more" in message
    assert "\n" not in message


def test_unknown_systems_and_other_systems_checkpoints():
    _, state, _ = released("han_mmil")
    with pytest.raises(LeapError, match=f"no release of 'cmt' is known; known are {', '.join(RELEASES)}"):
        from_release("cmt", state)
    for system in ("mm-pyr", "leap"):
        with pytest.raises(LeapError, match=f"not a checkpoint of {system}: lacks"):
            from_release(system, state, 1)
    with pytest.raises(LeapError, match="lacks"):
        from_release("han", {})
    with pytest.raises(LeapError, match="choose sizes that fit"):
        from_release("leap", released("leap_mmpyr_n1")[1], 5)


def test_a_lack_of_memory_is_no_fault_of_the_checkpoint(monkeypatch):
    _, state, (system, heads, _) = released("han_mmil")

    def fail(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 40 bytes")

    monkeypatch.setattr(importing, "_translate", fail)
    with pytest.raises(LeapError, match=r"^not enough memory$"):
        from_release(system, state, heads)


def test_leap_without_label_embeddings_asks_for_them():
    golden, state, _ = released("leap_mmpyr_n1")
    parser = from_release("leap", state, 4)
    with pytest.raises(ValueError, match="give label_embedding"):
        parse(parser, golden)


def test_label_embeddings_must_fit_the_checkpoint():
    _, state, _ = released("leap_mmpyr_n1")
    labels = torch.randn(25, 24, dtype=torch.float64)
    parser = from_release("leap", state, 4, label_embedding=labels)
    assert torch.equal(parser.label_embedding, labels.float())
    for wrong in (torch.randn(7, 5), torch.randn(7, 24), torch.randn(25, 5), torch.randn(24)):
        with pytest.raises(LeapError, match=r"^label embeddings of shape \([^\n]*shape \(25, 24\)[^\n]*$"):
            from_release("leap", state, 4, label_embedding=wrong)
    with pytest.raises(LeapError, match="label embeddings that are not finite; give"):
        from_release("leap", state, 4, label_embedding=torch.full((25, 24), torch.nan))


def test_prefixes_are_stripped_once(monkeypatch):
    _, state, (system, heads, _) = released("han_mmil")
    calls = []
    monkeypatch.setattr(importing, "strip_prefixes", lambda state: calls.append(state) or state)
    from_release(system, state, heads)
    assert len(calls) == 1


def test_sizes_are_inferred():
    _, state, _ = released("valor_post_norm_l4")
    model = release_model("valor", state, 4)
    assert (model.width, model.ffn, model.encoder.layers, model.encoder.heads) == (16, 32, 4, 4)
    _, state, _ = released("leap_mmpyr_n3")
    model = release_model("leap", state)
    assert (model.decoder.blocks, model.decoder.heads, model.encoder.levels) == (3, 8, 4)


@pytest.fixture
def wide_path(tmp_path, make_tiny_store):
    """A store with the golden files' widths and LLP's classes."""
    rng = np.random.default_rng(0)

    def split(n):
        labels = (rng.random((4, n, 10, 25)) < 0.2).astype(np.uint8)
        names = ("pseudo_audio", "pseudo_visual", "true_audio", "true_visual")
        features = {"audio": 20, "visual_2d": 48, "visual_3d": 28}
        arrays = {name: rng.standard_normal((n, 10, width)) for name, width in features.items()}
        ids = [f"video-{i}" for i in range(n)]
        return {"ids": ids, "weak": labels[2:].max((0, 2)), **arrays, **dict(zip(names, labels, strict=True))}

    splits = {name: split(4) for name in ("train", "val", "test")}
    return make_tiny_store(tmp_path / "wide.h5", classes=LLP, splits=splits)


@pytest.mark.parametrize("name", ["han_mmil", "mmpyr_mmil", "valor_pre_norm_l2", "cmpae", "leap_mmpyr_n2"])
def test_command(name, leap, wide_path, tmp_path):
    golden, state, (system, heads, options) = released(name)
    torch.save(state, tmp_path / "theirs.pt")
    command = ["import-release", system, tmp_path / "theirs.pt", "--out", tmp_path / "ours.safetensors"]
    command += ["--heads", heads, *(f"--{key}={value}" for key, value in options.items())]
    labels = torch.randn(25, 24, generator=torch.Generator().manual_seed(0))
    if system == "leap":
        np.save(tmp_path / "labels.npy", labels.numpy())
        command += ["--labels", tmp_path / "labels.npy"]
    assert leap(*command)[:2] == (0, f"{tmp_path / 'ours.safetensors'}\n")
    loaded, _ = load_parser(tmp_path / "ours.safetensors")
    direct = from_release(system, state, heads, **options)
    given = {"label_embedding": labels} if system == "leap" else {}
    expected, found = parse(direct, golden, **given), parse(loaded, golden)
    assert torch.equal(found.segment_audio, expected.segment_audio)
    assert torch.equal(found.video, expected.video)
    status, out, _ = leap("evaluate", "--model", tmp_path / "ours.safetensors", "--data", wide_path)
    assert status == 0
    assert 0 <= json.loads(out)["seg_type"] <= 100


def test_bad_checkpoints_are_one_line(refused, tmp_path):
    command = ("import-release", "han", tmp_path / "x.pt", "--out", tmp_path / "y.safetensors")
    assert "x.pt: no such file" in refused(*command)
    (tmp_path / "x.pt").write_bytes(b"nothing")
    assert "damaged, or holds more than tensors" in refused(*command)
    torch.save({"epoch": 3}, tmp_path / "x.pt")
    assert "not a state dict (tensors by name); it holds epoch" in refused(*command)
    assert "--labels is for leap" in refused(*command, "--labels", tmp_path / "x.pt")
    assert not (tmp_path / "y.safetensors").exists()


WIDE = dict.fromkeys(("fc_a.weight", "hat_encoder.layers.0.linear1.weight"), torch.zeros(10**6, 1))
DEEP = {"hat_encoder.layers.1000000000.linear1.weight": torch.zeros(1)}
NO_NUMBERS = {"fc_a.bias": torch.full((16,), torch.nan)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (WIDE, "misshapen"),
        (DEEP, "lacks the tensors 'hat_encoder.layers'; its first tensor is"),
        (NO_NUMBERS, r"1 not finite: fc_a\.bias"),
    ],
    ids=["wide", "deep", "not finite"],
)
def test_sizes_of_a_few_tensors_take_no_memory_before_all_fit(changes, message):
    _, state, (system, heads, _) = released("han_mmil")
    with pytest.raises(LeapError, match=message):
        from_release(system, state | changes, heads)


def test_leaps_labels_are_the_fetched_ones_unless_named(leap, refused, tmp_path, monkeypatch):
    _, state, _ = released("leap_mmpyr_n1")
    torch.save(state, tmp_path / "theirs.pt")
    command = ["import-release", "leap", tmp_path / "theirs.pt", "--out", tmp_path / "x", "--heads", 4]
    monkeypatch.setenv("LEAP_DATA", str(tmp_path))
    assert "`leap data fetch llp` downloads it" in refused(*command)
    labels = {str(i): torch.randn(24) for i in range(25)}
    (tmp_path / "label_embeddings").mkdir()
    torch.save(labels, tmp_path / "label_embeddings" / "llp_label_glove_embeddings.pt")
    assert leap(*command)[0] == 0
    assert torch.equal(load_parser(tmp_path / "x")[0].label_embedding, torch.stack(list(labels.values())))


def test_valor_plus_plus_is_known_by_its_features():
    _, state, _ = released("valor_post_norm_l4")
    assert from_release("valor", state, 4).description.model.inputs == ("audio", "visual_2d")
    state |= {"fc_a.weight": torch.randn(16, 768), "fc_v.weight": torch.randn(16, 768)}
    parser = from_release("valor", state, 4)
    assert parser.description.model.inputs == ("clap", "clip")
    assert parser.description.widths == {"audio": 768, "visual_2d": 768, "visual_3d": 28}


def test_cmpaes_file_holds_more_than_its_tensors(tmp_path):
    """Its tensors are under ``model``; the states of NumPy's and Python's generators lie beside them."""
    _, state, _ = released("cmpae")
    rest = {"numpy_rng": np.random.RandomState(0).get_state(), "random_rng": random.getstate(), "epochs": 20}
    torch.save({"model": state, "torch_rng": torch.get_rng_state()} | rest, tmp_path / "x.pt")
    read = read_checkpoint(tmp_path / "x.pt")
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], value) for name, value in state.items())


def test_an_imported_parser_is_saved_with_its_releases_protocol(tmp_path):
    _, state, _ = released("cmpae")
    parser = from_release("cmpae", state)
    save_pretrained(parser, tmp_path / "cmpae")
    config = json.loads((tmp_path / "cmpae" / "config.json").read_text())
    assert config["protocol"] == {"segment": 0.25, "gate": "modality", "gate_threshold": 0.45} | {
        "class_thresholds": None
    }
    assert config["classes"] == list(LLP)
    assert from_pretrained(tmp_path / "cmpae").description == parser.description
    _, state, _ = released("leap_mmpyr_n1")
    with pytest.raises(LeapError, match="no description"):
        save_pretrained(from_release("leap", state, 4), tmp_path / "leap")
