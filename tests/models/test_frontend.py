import pytest
import torch

from leap.models.cmpae import EluFrontend
from leap.models.frontend import Frontend
from leap.models.uwav import UwavFrontend


def features(frames=1):
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(4, 10 * k, width, generator=generator) for k, width in ((1, 6), (frames, 7), (1, 3)))


def make(visual_3d=None, kind=Frontend):
    torch.manual_seed(0)
    return kind(6, 7, visual_3d, 8)


def test_clip_features_are_fused():
    frontend, (audio, visual, clips) = make(3), features()
    one, other = frontend(audio, visual, clips), frontend(audio, visual, clips + 1)
    assert torch.equal(one[0], other[0])
    assert not torch.allclose(one[1], other[1])
    assert one[1].shape == (4, 10, 8)


def test_clip_features_are_given_exactly_where_the_front_end_has_them():
    audio, visual, clips = features()
    with pytest.raises(ValueError, match="visual_3d"):
        make(3)(audio, visual)
    with pytest.raises(ValueError, match="visual_3d"):
        make()(audio, visual, clips)


def test_frames_count_as_their_averages_over_each_second():
    frontend, (audio, frames, _) = make(), features(3)
    averages = frames.unflatten(1, (10, 3)).mean(2)
    torch.testing.assert_close(frontend(audio, frames)[1], frontend(audio, averages)[1])


def test_cmpae_averages_frames_after_its_activation():
    frontend, (audio, frames, _) = make(kind=EluFrontend), features(3)
    found, (heard, projected) = frontend(audio, frames), make()(audio, frames)
    each = frontend.visual_2d(frames).unflatten(1, (10, 3))
    torch.testing.assert_close(found[0], torch.nn.functional.elu(heard))
    torch.testing.assert_close(found[1], torch.nn.functional.elu(each).mean(2))
    torch.testing.assert_close(each.mean(2), projected)


def test_uwav_fuses_clip_features_and_averaged_frames_in_one_layer():
    frontend, (audio, frames, clips) = make(3, UwavFrontend), features(3)
    heard, seen = frontend(audio, frames, clips)
    averages = frames.unflatten(1, (10, 3)).mean(2)
    torch.testing.assert_close(seen, frontend.fusion(torch.cat([averages, clips], dim=2)))
    torch.testing.assert_close(heard, frontend.audio(audio))
    assert frontend.audio[0].out_features == 16
    assert make(None, UwavFrontend)(audio, frames)[1].shape == (4, 10, 8)
