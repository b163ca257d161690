"""Map our parameter names to those of the public releases."""

from leap.config import ValorConfig

Names = dict[str, str]
"""Prefixes of parameter names: ours → the release's."""

FRONTEND: Names = {
    "frontend.audio": "fc_a",
    "frontend.visual_2d": "fc_v",
    "frontend.visual_3d": "fc_st",
    "frontend.fusion": "fc_fusion",
}
MMIL: Names = {
    "decoder.event": "fc_prob",
    "decoder.time_attention": "fc_frame_att",
    "decoder.modality_attention": "fc_av_att",
}
HAN_LAYER: Names = {
    "self_attention": "self_attn",
    "cross_attention": "cm_attn",
    "norm_attention": "norm1",
    "norm_feed_forward": "norm2",
    "feed_forward.0": "linear1",
    "feed_forward.3": "linear2",
}
CMPAE: Names = {
    "frontend.audio": "fc_a.0",
    "frontend.visual_2d": "fc_v.0",
    "frontend.visual_3d": "fc_st.0",
    "frontend.fusion": "fc_fusion.0",
    "decoder.presence": "fc_prob",
    "decoder.absence": "fc_prob_beta",
    "decoder.time_attention": "fc_frame_att",
    "decoder.joint_audio": "v2a.0",
    "decoder.joint_visual": "a2v.0",
    "branch.embed.0": "classifier1.0",
    "branch.event": "classifier2",
}
VALOR_NORMS: Names = {
    "encoder.norm_audio": "hat_encoder.final_norm_a",
    "encoder.norm_visual": "hat_encoder.final_norm_v",
}
UWAV: Names = {
    "frontend.audio.0": "fc_a.layers.0",
    "frontend.audio.2": "fc_a.layers.1",
    "frontend.fusion": "fc_fusion.layers.0",
    "decoder.event": "fc_prob",
    "decoder.time_attention": "fc_frame_att.layers.0",
    "decoder.modality_attention": "fc_av_att.layers.0",
}
BLOCK: Names = {
    "query": "self_attn.linears.0",
    "key": "self_attn.linears.1",
    "value": "self_attn.linears.2",
    "output": "self_attn.linears.3",
    "norm_attention": "sublayer.0.norm",
    "norm_feed_forward": "sublayer.1.norm",
    "feed_forward.0": "feed_forward.w_1",
    "feed_forward.3": "feed_forward.w_2",
}


def han_names(layers: int) -> Names:
    """Names of HAN and of its last layer, the only effective one: every layer reads the encoder's input."""
    return FRONTEND | _within("encoder.layers.0", f"hat_encoder.layers.{layers - 1}", HAN_LAYER)


def valor_names(encoder: ValorConfig) -> Names:
    """Names of VALOR, whose layers are chained."""
    return FRONTEND | (VALOR_NORMS if encoder.pre_norm else {}) | chained_names(encoder.layers)


def cmpae_names(layers: int) -> Names:
    """Names of CMPAE, whose layers are chained."""
    return CMPAE | chained_names(layers)


def uwav_names(layers: int) -> Names:
    """Names of UWAV, whose encoder is VALOR's."""
    return UWAV | chained_names(layers)


def chained_names(layers: int) -> Names:
    """Names of an encoder of chained HAN layers."""
    names: Names = {}
    for i in range(layers):
        names |= _within(f"encoder.layers.{i}", f"hat_encoder.layers.{i}", HAN_LAYER)
    return names


def mm_pyramid_names(levels: int) -> Names:
    """Names of MM-Pyr's encoder, which LEAP's release also uses."""
    names = dict(FRONTEND)
    for i in range(levels):
        level, theirs = f"encoder.levels.{i}", f"MMP.capture.msa.{i}"
        for ours, block in (("self_audio", "asa"), ("self_visual", "vsa"), ("cross", "cma")):
            names |= _within(f"{level}.{ours}", f"{theirs}.{block}block.layer", BLOCK)
        for ours, letter in (("audio", "a"), ("visual", "v")):
            names[f"{level}.integrate_{ours}.own"] = f"{theirs}.l{letter}1"
            names[f"{level}.integrate_{ours}.cross"] = f"{theirs}.l{letter}2"
            names[f"{level}.temporal_{ours}.dilated"] = f"MMP.capture.{letter}network.{i}.conv1"
            names[f"{level}.temporal_{ours}.pointwise"] = f"MMP.capture.{letter}network.{i}.conv2"
    for ours, letter in (("audio", "a"), ("visual", "v")):
        theirs = f"MMP.fusion.{letter}adaptiveinteraction"
        names |= _within(f"encoder.fuse_{ours}.interaction", theirs, BLOCK)
        names[f"encoder.fuse_{ours}.selection"] = f"MMP.fusion.{letter}selectfusion"
    return names


def leap_names(blocks: int) -> Names:
    """Names of LEAP's decoder."""
    names = {"label": "fc_l", "audio.video_head": "fc_la", "visual.video_head": "fc_lv"}
    for ours, theirs in (("audio", "la_cma_network"), ("visual", "lv_cma_network")):
        for i in range(blocks):
            names |= _within(f"{ours}.blocks.{i}", f"AVL.{theirs}.{i}", BLOCK)
    return {f"decoder.{ours}": theirs for ours, theirs in names.items()}


def _within(ours: str, theirs: str, names: Names) -> Names:
    return {f"{ours}.{a}": f"{theirs}.{b}" for a, b in names.items()}
