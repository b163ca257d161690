"""Small networks of the ``transformers`` library with the layout of the published ones."""

import torch
from transformers import (
    ClapConfig,
    ClapModel,
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    ResNetConfig,
    ResNetModel,
)

from tests.label_embeddings.test_encoders import save_tokenizer

TEXT = {"vocab_size": 10, "num_hidden_layers": 1, "num_attention_heads": 1, "max_position_embeddings": 16}


def tiny_resnet(width=16):
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=4, hidden_sizes=[4, 8, 8, width], depths=[1, 1, 1, 1])
    return ResNetModel(config).eval()


def tiny_clip():
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    vision = CLIPVisionConfig(**sizes, patch_size=112, image_size=224, projection_dim=6)
    text = CLIPTextConfig(**sizes, vocab_size=10, projection_dim=6, eos_token_id=2, pad_token_id=0)
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=6)
    return CLIPModel(config).eval()


def tiny_clap():
    torch.manual_seed(0)
    audio = {
        "enable_fusion": True, "patch_embeds_hidden_size": 4, "hidden_size": 32, "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 1, 2, 2], "num_classes": 3, "aff_block_r": 1, "projection_dim": 6,
    }  # fmt: skip
    text = {**TEXT, "hidden_size": 8, "intermediate_size": 8, "projection_dim": 6, "pad_token_id": 0}
    return ClapModel(ClapConfig(audio_config=audio, text_config=text, projection_dim=6)).eval()


def save_tiny_networks(folder):
    """Save both with tokenizers, as a folder of weights."""
    for name, network in (("clip", tiny_clip()), ("clap", tiny_clap())):
        network.save_pretrained(folder / name)
        save_tokenizer(folder / name)
    return folder
