import json
from dataclasses import replace

import pytest
import torch

from leap.config import (
    AvssConfig,
    CmpaeConfig,
    JomoldConfig,
    ModelConfig,
    Protocol,
    SmoothingConfig,
    UwavConfig,
    ValorLossConfig,
    from_dict,
    to_dict,
)
from leap.data.registry import DATASETS, find_dataset
from leap.errors import LeapError
from leap.models.parser import build_parser
from leap.presets import PRESETS, preset, scale_width
from leap.training.schedules import rate_factor

LLP_WIDTHS = {"audio": 128, "visual_2d": 2048, "visual_3d": 512}
TRAINING = {
    # optimiser, rate, batch, epochs, weight decay, gradient norm, from the scripts of the releases;
    # ours has LEAP's
    "han": ("adam", 3e-4, 16, 40, 0.0, None),
    "mm-pyr": ("adam", 1e-4, 16, 40, 0.0, None),
    "valor": ("adamw", 1e-4, 64, 60, 1e-3, 1.0),
    "valor+": ("adamw", 3e-4, 64, 60, 1e-3, 1.0),
    "valor++": ("adamw", 3e-4, 64, 60, 1e-3, 1.0),
    "cmpae": ("adam", 5e-4, 128, 20, 0.0, None),
    "jomold-estimator": ("adam", 5e-4, 128, 25, 0.0, None),
    "leap-han": ("adam", 1e-4, 32, 30, 0.0, None),
    "leap": ("adam", 1e-4, 32, 30, 0.0, None),
    "leap-release": ("adam", 1e-4, 32, 30, 0.0, None),
    "uwav": ("adamw", 1e-4, 64, 80, 1e-4, 1.0),
    "ours": ("adam", 1e-4, 32, 30, 0.0, None),
}


def test_every_preset_is_checked():
    assert TRAINING.keys() == PRESETS.keys()


@pytest.mark.parametrize("name", TRAINING)
def test_training_is_the_releases(name):
    train = preset(name).train
    found = (train.optimizer, train.lr, train.batch, train.epochs, train.weight_decay, train.clip)
    assert found == TRAINING[name]


def factors(name, epochs):
    return [rate_factor(epoch * 7, 7, preset(name).train) for epoch in epochs]


def test_schedules():
    for name in ("han", "mm-pyr", "leap"):
        assert factors(name, (0, 9, 10, 20)) == pytest.approx([1, 1, 0.1, 0.01])
    for name in ("cmpae", "jomold-estimator"):
        assert factors(name, (0, 5, 6, 12, 18)) == pytest.approx([1, 1, 0.25, 0.0625, 0.015625])
    for name in ("valor", "valor+", "valor++"):
        assert factors(name, (0, 1, 9, 10)) == pytest.approx([0, 0.1, 0.9, 1])
        assert preset(name).train.betas == (0.5, 0.999)
    assert factors("uwav", (0, 1, 8, 9, 44)) == pytest.approx([0.1, 0.2, 0.9, 1, 0.05 + 0.95 / 2])
    assert preset("uwav").train.betas == (0.9, 0.999)


def test_selection_and_protocols():
    assert {name: config.train.selection for name, config in PRESETS.items()} == dict.fromkeys(
        PRESETS, "seg_type"
    ) | {"cmpae": "mean", "jomold-estimator": "evt_a"}
    assert preset("valor").train.ties == preset("uwav").train.ties == "earlier"
    assert preset("han").train.ties == "later"
    assert preset("leap").protocol == preset("han").protocol == Protocol()
    assert preset("cmpae").protocol == Protocol(0.25, "modality", 0.45)
    assert preset("cmpae").thresholds_on_val


def parameters(name, widths):
    config = preset(name)
    with torch.device("meta"):
        parser = build_parser(config.model, widths, torch.zeros(25, 300))
    return sum(parameter.numel() for parameter in parser.parameters())


def test_parameters_at_full_size():
    """Those that the releases use; they create more besides."""
    assert parameters("leap", LLP_WIDTHS) == parameters("leap-release", LLP_WIDTHS)
    linear = lambda i, o: i * o + o  # noqa: E731
    front = linear(128, 512) + linear(2048, 512) + linear(512, 512) + linear(1024, 512)
    layer = 2 * (linear(512, 3 * 512) + linear(512, 512)) + linear(512, 512) * 2 + 4 * 512
    assert parameters("han", LLP_WIDTHS) == front + layer + 3 * linear(512, 25)
    evidential = 2 * linear(512, 25) + linear(512, 50) + 2 * linear(512, 512)
    branch = linear(512, 512) + linear(512, 25)
    assert parameters("cmpae", LLP_WIDTHS) == front + layer + evidential + branch
    narrow = linear(768, 256) + linear(768, 256) + linear(512, 256) + linear(512, 256)
    ffn = linear(256, 1024) + linear(1024, 256) + 4 * 256
    layers = 4 * (2 * (linear(256, 3 * 256) + linear(256, 256)) + ffn)
    deep = 5 * (
        2 * (linear(512, 3 * 512) + linear(512, 512)) + linear(512, 2048) + linear(2048, 512) + 4 * 512
    )
    front = linear(128, 1024) + linear(1024, 512) + linear(2048 + 512, 512)
    assert parameters("uwav", LLP_WIDTHS) == front + deep + 3 * linear(512, 25)
    widths = {"audio": 768, "visual_2d": 768, "visual_3d": 512}
    assert parameters("valor++", widths) == narrow + layers + 3 * linear(256, 25)


def test_valor_plus_plus_reads_clap_and_clip_where_they_are():
    assert preset("valor++").model.inputs == ("clap", "clip")
    assert preset("valor++", "av-digits", ("audio", "visual_2d")) == preset("valor+", "av-digits")
    assert preset("valor++", "kitchen", ("audio", "visual_2d", "clap", "clip")).model.inputs == (
        "clap",
        "clip",
    )


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained_on_every_data_set(name, dataset):
    config = preset(name, dataset)
    assert set(config.model.inputs) <= set(find_dataset(dataset).features)
    assert from_dict(to_dict(config)) == config


def test_jomold_cmpae_and_uwav_alone_have_parsers_of_their_own():
    others = {"cmpae": CmpaeConfig, "jomold-estimator": JomoldConfig, "uwav": UwavConfig}
    found = {name: type(config.model) for name, config in PRESETS.items()}
    assert found == dict.fromkeys(PRESETS, ModelConfig) | others


def test_ours_is_leap_with_another_loss_and_smoothed_labels():
    ours, leap = preset("ours"), preset("leap-han")
    assert isinstance(ours.loss.basic, ValorLossConfig)
    assert ours.loss.avss == leap.loss.avss == AvssConfig()
    assert ours.smoothing == SmoothingConfig(audio="auto", visual="auto")
    assert replace(ours, loss=leap.loss, smoothing=leap.smoothing) == leap


def test_labels_are_those_packed_with_llp():
    assert preset("leap", "llp").model.labels == "dataset"
    assert preset("leap", "av-digits").model.labels == "orthogonal"
    assert preset("han", "llp").model.labels == "orthogonal"


def test_another_width_keeps_proportions():
    config = scale_width(preset("valor"), 64)
    assert (config.model.width, config.model.ffn) == (64, 128)
    assert config.train.lr == pytest.approx(8e-4)


def test_unknown_presets_are_one_line(refused):
    assert "no preset 'cmt'; known are han, mm-pyr" in refused("preset", "cmt")
    with pytest.raises(LeapError):
        preset("cmt")


def test_data_sets_are_known_or_custom():
    with pytest.raises(LeapError, match="unknown data set 'av_digits'"):
        preset("leap", "av_digits")
    assert preset("leap", "llp-sim-50").model.labels == "orthogonal"
    assert preset("leap", "kitchen", ("audio", "visual_2d")).model.labels == "dataset"


def test_command_prints_a_run_config(leap):
    status, out, err = leap("preset", "cmpae", "--data", "av-digits", "--width", 64)
    assert (status, err) == (0, "")
    assert from_dict(json.loads(out)) == scale_width(preset("cmpae", "av-digits"), 64)


def test_command_takes_the_store_of_a_custom_data_set(leap, refused, tiny_path):
    status, out, err = leap("preset", "leap", "--data", tiny_path, "--width", 64)
    assert (status, err) == (0, "")
    config = from_dict(json.loads(out))
    assert (config.dataset, config.model.labels) == ("tiny", "dataset")
    status, out, err = leap("preset", "valor++", "--data", tiny_path)
    assert status == 0
    assert err.endswith(" has no clap and clip features; valor++ reads audio and visual_2d\n")
    assert from_dict(json.loads(out)).model.inputs == ("audio", "visual_2d")
    assert "kitchen: no such file, and no data set" in refused("preset", "leap", "--data", "kitchen")


@pytest.mark.parametrize("width", ["0", "-5"])
def test_widths_are_positive(leap, width):
    status, out, err = leap("preset", "leap", "--width", width)
    assert (status, out) == (2, "")
    assert "--width" in err
