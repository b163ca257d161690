import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel, ResNetConfig, ResNetModel

from leap.features.image_preprocessing import IMAGENET, KINETICS
from leap.features.media import frames, open_clip
from leap.features.visual_features import (
    clip_features,
    evenly_spaced_frames,
    r2plus1d_features,
    resnet152_features,
)
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.random_networks import tiny_clip, tiny_resnet

RESNET_152 = ResNetConfig(depths=[3, 8, 36, 3], hidden_sizes=[256, 512, 1024, 2048])
CLIP_L_14 = CLIPConfig(
    text_config={
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
    },
    vision_config={
        "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
        "patch_size": 14,
    },
    projection_dim=768,
)  # fmt: skip


@pytest.fixture
def clip(tmp_path):
    """Three seconds."""
    return open_clip(write_clip(tmp_path / "a.mkv", numbered(24), samples=tone(3)))


def test_networks_of_transformers_are_the_published_ones():
    with torch.device("meta"):
        networks = ResNetModel(RESNET_152), CLIPModel(CLIP_L_14)
    assert [sum(p.numel() for p in n.parameters()) for n in networks] == [58_143_808, 427_616_513]


def test_frame_features_are_those_of_each_frame(clip):
    network = tiny_resnet()
    found = resnet152_features(network, clip)
    assert found.shape == (24, 16)
    last = IMAGENET(list(frames(clip))[-1])
    with torch.inference_mode():
        expected = network(last[None]).pooler_output.flatten()
    np.testing.assert_allclose(found[-1], expected, atol=1e-5)


def test_clip_features_see_the_eight_frames_of_a_second_in_order(clip):
    class First(torch.nn.Module):
        def forward(self, clips):
            assert clips.shape[1:] == (3, 8, 112, 112)
            return clips[:, 0, :, 50, 50]  # red of every frame

    found = r2plus1d_features(First(), clip)
    mean, deviation = KINETICS.mean[0], KINETICS.std[0]
    np.testing.assert_allclose((found * deviation + mean) * 255, np.arange(24).reshape(3, 8), atol=1e-3)


def test_clip_embeds_as_many_frames_as_seconds_to_length_one(clip):
    found = clip_features(tiny_clip(), clip)
    assert found.shape == (3, 6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert [int(picture[0, 0, 0]) for picture in evenly_spaced_frames(clip)] == [0, 12, 23]
