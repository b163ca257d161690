"""What our parser is timed against computes what the release does."""

import pytest
import torch

from benchmarks.release import Release
from leap.config import LeapLossConfig
from leap.releases.names import leap_names, mm_pyramid_names
from leap.training.losses import LeapLoss
from leap.training.losses.similarity import avss_release
from tests.golden_files import Golden
from tests.models.test_golden import OUTPUT, assert_gradients, golden_videos


@pytest.fixture(params=[1, 2, 3])
def release(request):
    golden = Golden(f"leap_mmpyr_n{request.param}")
    model = Release((20, 48, 28), golden["input/label_embedding"], 16, 16, request.param, 4, dropout=0.0)
    names = mm_pyramid_names(4) | leap_names(request.param)
    model.load_state_dict(golden.state(names) | {"label_embedding": golden["input/label_embedding"]})
    return golden, names, model


def test_outputs_losses_and_gradients_equal_the_releases(release):
    golden, names, model = release
    inputs = (golden[f"input/{name}"] for name in ("audio", "visual_2d", "visual_3d"))
    parsing, videos = model(*inputs), golden_videos(golden)
    expected = {
        "a_feat": parsing.encoded_audio,
        "v_feat": parsing.encoded_visual,
        "a_frame_prob": parsing.segment_audio.sigmoid(),
        "v_frame_prob": parsing.segment_visual.sigmoid(),
        "a_prob": parsing.video_audio,
        "v_label_feat": parsing.label_visual,
        "global_prob": parsing.video,
    }
    for name, value in expected.items():
        torch.testing.assert_close(value, golden[f"output/{name}"], **OUTPUT)
    total = sum(LeapLoss(LeapLossConfig())(parsing, videos).values()) + avss_release(parsing, videos)
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(model, golden.state(names, "grad"))
