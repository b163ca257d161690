"""Reading the golden files: outputs of the public releases on small random weights.

``tests/golden/*.npz`` hold arrays only. The names on the right of the tables are the releases'.
"""

import json
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / "golden"

FRONTEND = {
    "frontend.audio": "fc_a",
    "frontend.visual_2d": "fc_v",
    "frontend.visual_3d": "fc_st",
    "frontend.fusion": "fc_fusion",
}
MMIL = {
    "decoder.event": "fc_prob",
    "decoder.time_attention": "fc_frame_att",
    "decoder.modality_attention": "fc_av_att",
}
HAN_LAYER = {
    "self_attention": "self_attn",
    "cross_attention": "cm_attn",
    "norm_attention": "norm1",
    "norm_feed_forward": "norm2",
    "feed_forward.0": "linear1",
    "feed_forward.3": "linear2",
}
BLOCK = {
    "query": "self_attn.linears.0",
    "key": "self_attn.linears.1",
    "value": "self_attn.linears.2",
    "output": "self_attn.linears.3",
    "norm_attention": "sublayer.0.norm",
    "norm_feed_forward": "sublayer.1.norm",
    "feed_forward.0": "feed_forward.w_1",
    "feed_forward.3": "feed_forward.w_2",
}


def han_names(layers=1):
    """Our names of the parameters of HAN's or VALOR's layers → the releases'."""
    return FRONTEND | {
        f"encoder.layers.{i}.{a}": f"hat_encoder.layers.{i}.{b}"
        for i in range(layers)
        for a, b in HAN_LAYER.items()
    }


VALOR_NORMS = {
    "encoder.norm_audio": "hat_encoder.final_norm_a",
    "encoder.norm_visual": "hat_encoder.final_norm_v",
}


def mm_pyramid_names(levels=4):
    """Our names of MM-Pyr's parameters → the release's."""
    names = {}
    for i in range(levels):
        level, theirs = f"encoder.levels.{i}", f"MMP.capture.msa.{i}"
        for ours, block in (("self_audio", "asa"), ("self_visual", "vsa"), ("cross", "cma")):
            names |= {f"{level}.{ours}.{a}": f"{theirs}.{block}block.layer.{b}" for a, b in BLOCK.items()}
        for ours, letter in (("audio", "a"), ("visual", "v")):
            names[f"{level}.integrate_{ours}.own"] = f"{theirs}.l{letter}1"
            names[f"{level}.integrate_{ours}.cross"] = f"{theirs}.l{letter}2"
            names[f"{level}.temporal_{ours}.dilated"] = f"MMP.capture.{letter}network.{i}.conv1"
            names[f"{level}.temporal_{ours}.pointwise"] = f"MMP.capture.{letter}network.{i}.conv2"
    for ours, letter in (("audio", "a"), ("visual", "v")):
        block = f"MMP.fusion.{letter}adaptiveinteraction"
        names |= {f"encoder.fuse_{ours}.interaction.{a}": f"{block}.{b}" for a, b in BLOCK.items()}
        names[f"encoder.fuse_{ours}.selection"] = f"MMP.fusion.{letter}selectfusion"
    return FRONTEND | names


def leap_names(blocks):
    """Our names of LEAP's decoder parameters → the release's."""
    names = {"label": "fc_l", "audio.video_head": "fc_la", "visual.video_head": "fc_lv"}
    for ours, theirs in (("audio", "la_cma_network"), ("visual", "lv_cma_network")):
        for index in range(blocks):
            names |= {f"{ours}.blocks.{index}.{a}": f"AVL.{theirs}.{index}.{b}" for a, b in BLOCK.items()}
    return names


class Golden:
    """One golden file; arrays come as tensors."""

    def __init__(self, name):
        with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
            self.arrays = {key: arrays[key] for key in arrays.files}
        self.meta = json.loads(str(self.arrays["meta"]))

    def __getitem__(self, key):
        return torch.as_tensor(self.arrays[key])

    def state(self, names, kind="param"):
        """Arrays ``kind/*`` under our parameter names."""
        state = {}
        for ours, theirs in names.items():
            for key in self.arrays:
                if key.startswith(f"{kind}/{theirs}.") or key.startswith(f"{kind}/{theirs}_"):
                    state[ours + key.removeprefix(f"{kind}/{theirs}")] = self[key]
        return state
