from dataclasses import replace

import pytest
import torch
from torch.func import functional_call

from leap.label_embeddings import random_orthogonal
from leap.models.parser import build_parser
from leap.presets import PRESETS, preset, scale_width
from leap.training.cuda_graph import bfloat16_weights


def outcome(name, videos, at_once):
    """Outputs and gradients of a scale_width preset's parser in bfloat16."""
    torch.manual_seed(0)
    model = replace(
        scale_width(preset(name), 16).model, dropout=0.0, visual_dropout=0.0, precision="bfloat16"
    )
    parser = build_parser(model, {"audio": 6, "visual_2d": 7}, random_orthogonal(3, 9)).train()
    factors = bfloat16_weights(parser) if at_once else {}
    parsing = functional_call(parser, factors, (videos.audio, videos.visual_2d))
    outputs = (parsing.segment_audio, parsing.segment_visual, parsing.video_audio, parsing.video)
    sum(output.square().sum() for output in outputs).backward()
    return outputs, {name: parameter.grad for name, parameter in parser.named_parameters()}


@pytest.mark.parametrize("name", PRESETS)
def test_it_is_what_autocast_does(name, make_videos):
    videos = make_videos(4, t=4, c=3)
    (outputs, gradients), (theirs, their_gradients) = (outcome(name, videos, at) for at in (True, False))
    assert all(torch.equal(*pair) for pair in zip(outputs, theirs, strict=True))
    for parameter, gradient in gradients.items():
        expected = their_gradients[parameter]
        if expected is not None:
            assert gradient.dtype == torch.float32
            torch.testing.assert_close(gradient, expected, rtol=0, atol=0, msg=parameter)
        assert expected is not None or gradient is None or not gradient.any()  # of what no output depends on


def test_norms_and_labels_stay_as_they_are():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Conv1d(4, 2, 1))
    found = bfloat16_weights(model)
    assert set(found) == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(factor.dtype == torch.bfloat16 for factor in found.values())
