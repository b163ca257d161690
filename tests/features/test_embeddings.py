import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, ResNetConfig, ResNetModel

from leap.errors import LeapError
from leap.features import embeddings as features
from leap.features.media import frames, open_clip
from leap.features.networks.loading import load_network
from leap.features.networks.r2plus1d import R2Plus1D
from leap.features.networks.vggish import PostProcessing
from tests.features.media.clips import numbered, tone, write_clip
from tests.features.random_networks import tiny_clip

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


def tiny_resnet():
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=4, hidden_sizes=[4, 8, 8, 16], depths=[1, 1, 1, 1])
    return ResNetModel(config).eval()


def test_networks_of_transformers_are_the_published_ones():
    with torch.device("meta"):
        networks = ResNetModel(RESNET_152), CLIPModel(CLIP_L_14)
    assert [sum(p.numel() for p in n.parameters()) for n in networks] == [58_143_808, 427_616_513]


def test_audio_features_are_those_of_each_seconds_patch(clip):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(96 * 64, 5))
    found = features.vggish(network, clip)
    assert found.shape == (3, 5)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], found[2], atol=1e-3)  # a tone of 440 Hz is alike in every second


def test_frame_features_are_those_of_each_frame(clip):
    network = tiny_resnet()
    found = features.resnet(network, clip)
    assert found.shape == (24, 16)
    last = features.IMAGENET(list(frames(clip))[-1])
    with torch.inference_mode():
        expected = network(last[None]).pooler_output.flatten()
    np.testing.assert_allclose(found[-1], expected, atol=1e-5)


def test_clip_features_see_the_eight_frames_of_a_second_in_order(clip):
    class First(torch.nn.Module):
        def forward(self, clips):
            assert clips.shape[1:] == (3, 8, 112, 112)
            return clips[:, 0, :, 50, 50]  # red of every frame

    found = features.r2plus1d(First(), clip)
    mean, deviation = features.KINETICS.mean[0], features.KINETICS.deviation[0]
    np.testing.assert_allclose((found * deviation + mean) * 255, np.arange(24).reshape(3, 8), atol=1e-3)


def test_clip_embeds_as_many_frames_as_seconds_to_length_one(clip):
    found = features.clip_image(tiny_clip(), clip)
    assert found.shape == (3, 6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert [int(picture[0, 0, 0]) for picture in features.middle_frames(clip)] == [0, 12, 23]


def test_post_processed_audio_features_are_whole_numbers(clip):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(96 * 64, 128))
    found = features.audioset(network, PostProcessing(), clip)
    assert found.shape == (3, 128)
    np.testing.assert_array_equal(found, np.round(found))
    expected = np.round((np.clip(features.vggish(network, clip), -2, 2) + 2) * 255 / 4)
    np.testing.assert_allclose(found, expected, atol=1)  # halves may be rounded either way


def test_networks_are_loaded_with_their_weights(tmp_path, clip):
    network = R2Plus1D()
    save_file(network.state_dict(), tmp_path / "r2plus1d_18.safetensors")
    loaded = load_network("r2plus1d_18", tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), loaded.parameters(), strict=True))
    assert not loaded.training
    tiny_resnet().save_pretrained(tmp_path / "resnet-152")
    loaded = load_network("resnet-152", tmp_path)
    np.testing.assert_array_equal(features.resnet(loaded, clip), features.resnet(tiny_resnet(), clip))


def test_other_weights_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "vggish.safetensors")
    (tmp_path / "r2plus1d_18.safetensors").write_bytes(b"no weights")
    tiny_clip().save_pretrained(tmp_path / "resnet-152")
    for name in ("vggish", "r2plus1d_18", "resnet-152"):
        with pytest.raises(LeapError, match=f"{name}.*: not the weights of {name}") as raised:
            load_network(name, tmp_path)
        assert "\n" not in str(raised.value)
