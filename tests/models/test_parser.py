"""The parser as a whole: every encoder with every decoder."""

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
import torch

from leap.config import (
    DECODERS,
    ENCODERS,
    DecoderConfig,
    EncoderConfig,
    LossConfig,
    ModelConfig,
    Protocol,
    TrainConfig,
    Variant,
)
from leap.errors import LeapError
from leap.inference.decode import decode
from leap.label_embeddings import random_orthogonal
from leap.models.checkpoint import Description, check_fit, load_parser, save_parser
from leap.models.parser import build_parser
from leap.training.criterion import Criterion
from leap.training.trainer import train_one_epoch

DECODER_CONFIGS = [
    DecoderConfig(name="mmil", blocks=0),
    DecoderConfig(name="mmil", blocks=2, heads=2),
    DecoderConfig(name="cmpae", blocks=0),
    *(DecoderConfig(name="leap", heads=2, variant=v) for v in get_args(Variant)),
]
PRODUCT = [
    ModelConfig(encoder=EncoderConfig(name=e, layers=layers, heads=2), decoder=d, width=8, ffn=12)
    for e, d, layers in product(ENCODERS, DECODER_CONFIGS, (1, 2))
    if layers > 1 or e == "han"  # MM-Pyr's fusion attends among levels: of one there is nothing to learn
] + [
    ModelConfig(
        encoder=EncoderConfig(name="cmpae", heads=2),
        decoder=DecoderConfig(name="cmpae", blocks=0),
        width=8,
        ffn=12,
        elu=True,
        global_branch=True,
        visual_dropout=0.5,
        cross_share=0.7,
    )
]
WIDTHS = {"audio": 6, "visual_2d": 7}


def each_part_once(configs):
    """The configs, of which those whose encoder and decoder others have are slow."""
    seen = set()
    for config in configs:
        parts = {config.encoder, config.decoder}
        yield pytest.param(config, marks=pytest.mark.slow if parts <= seen else [])
        seen |= parts


def make(config, classes=5, widths=WIDTHS, seed=0):
    torch.manual_seed(seed)
    return build_parser(config, widths, random_orthogonal(classes, 9)).eval()


def parse(parser, videos):
    return parser(videos.audio, videos.visual_2d, videos.visual_3d)


def parts(config):
    """Encoder and decoder of a model, the name of a test."""
    encoder, decoder = config.encoder, config.decoder
    return f"{encoder.name}-{encoder.layers}-{decoder.name}-{decoder.blocks}-{decoder.variant}"


def tensors(parsing):
    """All tensors of a parsing by name, an evidential decoder's uncertainties among them."""
    doubts = vars(parsing.uncertainty) if parsing.uncertainty else {}
    found = vars(parsing) | {f"doubt_{name}": value for name, value in doubts.items()}
    return {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}


def test_product_covers_every_part():
    assert {c.encoder.name for c in PRODUCT} == set(ENCODERS)
    assert {c.decoder.name for c in PRODUCT} == set(DECODERS)


@pytest.mark.parametrize("config", PRODUCT)
@pytest.mark.parametrize(("t", "c"), [(10, 5), (1, 1), (7, 30)])
def test_shapes_and_ranges(config, t, c, make_videos):
    parsing = parse(make(config, c), make_videos(3, t, c))
    for name in ("segment_audio", "segment_visual"):
        assert getattr(parsing, name).shape == (3, t, c)
    for name in ("video_audio", "video_visual", "video"):
        value = getattr(parsing, name)
        assert value.shape == (3, c)
        assert value.min() >= 0
    assert parsing.encoded_audio.shape == parsing.encoded_visual.shape == (3, t, 8)


@pytest.mark.parametrize("config", [c for c in PRODUCT if c.decoder.name == "leap"])
def test_attention_is_a_distribution_over_segments(config, make_videos):
    parsing = parse(make(config), make_videos(3, 7))
    for weights in (parsing.attention_audio, parsing.attention_visual):
        assert weights.shape == (3, 2, 2, 5, 7)
        torch.testing.assert_close(weights.sum(-1), torch.ones(3, 2, 2, 5))


@pytest.mark.parametrize("config", PRODUCT)
def test_every_parameter_gets_a_gradient(config, make_videos):
    parser, videos = make(config).double(), make_videos(8)
    videos = videos._map(lambda tensor: tensor.double())
    criterion = Criterion(LossConfig(weight_avss=1.0))
    criterion.total(criterion(parse(parser, videos), videos)).backward()
    silent = [n for n, p in parser.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    unimodal = config.encoder.name == "han-unimodal"
    assert all("cross_attention" in name for name in silent) if unimodal else silent == []


@pytest.mark.parametrize("config", PRODUCT)
def test_a_parsing_does_not_depend_on_its_batch(config, make_videos):
    parser, videos = make(config), make_videos(6)
    together, alone = parse(parser, videos), parse(parser, videos[2:3])
    together = tensors(together)
    for name, value in tensors(alone).items():
        torch.testing.assert_close(together[name][2:3], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("variant", get_args(Variant))
def test_permuting_labels_permutes_leaps_output(variant, make_videos):
    config = ModelConfig(decoder=DecoderConfig(heads=2, variant=variant), width=8, ffn=12)
    parser, videos, order = make(config), make_videos(), torch.tensor([3, 0, 4, 1, 2])
    plain = parse(parser, videos)
    permuted = parser(videos.audio, videos.visual_2d, None, parser.label_embedding[order])
    torch.testing.assert_close(permuted.segment_audio, plain.segment_audio[..., order])
    torch.testing.assert_close(permuted.segment_visual, plain.segment_visual[..., order])
    torch.testing.assert_close(permuted.video, plain.video[:, order])
    torch.testing.assert_close(permuted.attention_audio, plain.attention_audio[..., order, :])


def test_swapping_modalities_swaps_hans_streams(make_videos):
    parser, videos = make(PRODUCT[0]), make_videos()
    audio, visual = parser.frontend(videos.audio, videos.visual_2d)
    forward, backward = parser.encoder(audio, visual), parser.encoder(visual, audio)
    torch.testing.assert_close(forward[0], backward[1])
    torch.testing.assert_close(forward[1], backward[0])


def test_union_of_paper_and_release(make_videos):
    config = ModelConfig(decoder=DecoderConfig(heads=2, variant="paper"), width=8, ffn=12)
    soft = parse(make(config), make_videos())
    expected = 1 - (1 - soft.video_audio) * (1 - soft.video_visual)
    torch.testing.assert_close(soft.video, expected)
    hard = parse(make(replace(config, decoder=replace(config.decoder, variant="release"))), make_videos())
    either = (hard.video_audio >= 0.5) | (hard.video_visual >= 0.5)
    assert torch.equal(hard.video, either.float())


def test_mmil_pools_segment_probabilities(make_videos):
    parser, videos = make(PRODUCT[0]), make_videos()
    parsing = parse(parser, videos)
    weights = parser.decoder.time_attention(parsing.encoded_audio).softmax(dim=1)
    expected = (weights * parsing.segment_audio.sigmoid()).sum(dim=1)
    torch.testing.assert_close(parsing.video_audio, expected)


def test_capacity_control_has_leaps_blocks():
    """Two self-attention blocks per modality are, parameter by parameter, LEAP's two blocks."""

    def block_parameters(name):
        decoder = make(ModelConfig(decoder=DecoderConfig(name=name, blocks=2), width=8, ffn=12)).decoder
        return sorted(tuple(p.shape) for n, p in decoder.named_parameters() if "blocks" in n)

    assert block_parameters("mmil") == block_parameters("leap")


def test_clip_features_are_fused(make_videos):
    widths = WIDTHS | {"visual_3d": 3}
    parser, videos = make(PRODUCT[0], widths=widths), make_videos()
    with pytest.raises(ValueError, match="visual_3d"):
        parse(parser, videos)
    clips = torch.randn(4, 10, 3)
    one = parser(videos.audio, videos.visual_2d, clips)
    other = parser(videos.audio, videos.visual_2d, clips + 1)
    assert not torch.allclose(one.segment_visual, other.segment_visual)


# CMPAE's logits have no gradient beyond ±10; at this rate only its own front end and encoder keep within
OVERFITTED = [c for c in PRODUCT[::2] if c.decoder.name != "cmpae"] + PRODUCT[-1:]


@pytest.mark.parametrize("config", OVERFITTED)
def test_four_videos_can_be_overfitted(config, make_videos):
    config = replace(config, width=64, ffn=64, dropout=0.0, visual_dropout=0.0)
    parser, videos = make(config, 3), make_videos(4, c=3)
    optimizer = torch.optim.AdamW(parser.parameters())
    train = TrainConfig(epochs=400, batch=4, lr=5e-3)

    def fitted():
        audio, visual = decode(parse(parser.eval(), videos), Protocol(gate=None))
        return torch.equal(audio.float(), videos.pseudo_audio) and torch.equal(
            visual.float(), videos.pseudo_visual
        )

    for epoch in range(train.epochs):
        train_one_epoch(parser, Criterion(LossConfig()), optimizer, videos, train, 0, epoch)
        if epoch % 20 == 0 and fitted():
            break
    assert fitted()


@pytest.mark.parametrize("config", PRODUCT)
def test_saved_and_loaded_unchanged(config, make_videos, tmp_path):
    parser = make(config)
    description = Description(config, Protocol(segment=0.4), tuple("abcde"), WIDTHS)
    save_parser(parser, description, tmp_path)
    loaded, read = load_parser(tmp_path)
    assert read == description
    videos = make_videos()
    expected = tensors(parse(parser, videos))
    for name, value in tensors(parse(loaded, videos)).items():
        assert torch.equal(value, expected[name])


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_damaged_model_is_one_line(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(LeapError, match=r"^[^\n]*model\.safetensors[^\n]*leap train$"):
        load_parser(tmp_path)


def test_truncated_model_is_one_line(tmp_path):
    config = ModelConfig(decoder=DecoderConfig(heads=2), width=8, ffn=12)
    path = save_parser(make(config), Description(config, Protocol(), tuple("abcde"), WIDTHS), tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(LeapError, match="not a trained parser"):
        load_parser(tmp_path)
    path.unlink()
    with pytest.raises(LeapError, match="no such file"):
        load_parser(tmp_path)


def test_data_of_other_classes_or_widths_are_refused():
    description = Description(ModelConfig(), Protocol(), ("a", "b"), WIDTHS)
    check_fit(description, ("a", "b"), WIDTHS)
    with pytest.raises(LeapError, match="first b"):
        check_fit(description, ("a", "x"), WIDTHS)
    with pytest.raises(LeapError, match="their order"):
        check_fit(description, ("b", "a"), WIDTHS)
    with pytest.raises(LeapError, match="reads features"):
        check_fit(description, ("a", "b"), WIDTHS | {"audio": 5})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ModelConfig(encoder=EncoderConfig(name="hen")), "unknown model part 'hen'"),
        (ModelConfig(decoder=DecoderConfig(heads=3)), "3 heads"),
        (ModelConfig(encoder=EncoderConfig(heads=3)), "divisible"),
        (ModelConfig(decoder=DecoderConfig(blocks=0)), "at least one block"),
        (ModelConfig(decoder=DecoderConfig(name="mmil", variant="release")), "no variant 'release'"),
    ],
)
def test_impossible_models_are_one_line(config, message):
    with pytest.raises(LeapError, match=message):
        make(config)


def test_frames_count_as_their_averages_over_each_second(make_videos):
    parser = make(PRODUCT[0])
    videos = make_videos()
    frames = torch.randn(4, 10 * 3, 7)
    averages = frames.unflatten(1, (10, 3)).mean(2)
    parsing, expected = parser(videos.audio, frames), parser(videos.audio, averages)
    assert torch.allclose(parsing.segment_visual, expected.segment_visual, atol=1e-6)


def test_learned_label_embeddings_are_trained_and_others_are_not(make_videos, tmp_path):
    videos = make_videos()
    for labels, trained in (("learned", True), ("orthogonal", False)):
        config = replace(PRODUCT[0], labels=labels, decoder=DecoderConfig(name="leap", heads=2))
        parser = make(config)
        assert ("label_embedding" in dict(parser.named_parameters())) == trained
        assert "label_embedding" in parser.state_dict()
        parse(parser, videos).segment_audio.sum().backward()
        assert (parser.label_embedding.grad is not None) == trained
        description = Description(config, Protocol(), ("a", "b", "c", "d", "e"), WIDTHS)
        save_parser(parser, description, tmp_path)
        loaded, _ = load_parser(tmp_path)
        assert torch.equal(loaded.label_embedding, parser.label_embedding)
        assert ("label_embedding" in dict(loaded.named_parameters())) == trained


@pytest.mark.parametrize("config", each_part_once(PRODUCT))
def test_compiled_in_one_graph_with_equal_output(config, make_videos):
    torch._dynamo.reset()
    parser, videos = make(config), make_videos()
    compiled = torch.compile(parser, backend="aot_eager", fullgraph=True)
    ours, theirs = parse(parser, videos), compiled(videos.audio, videos.visual_2d)
    for name in ("segment_audio", "segment_visual", "video_audio", "video_visual", "video"):
        torch.testing.assert_close(getattr(theirs, name), getattr(ours, name), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "config", PRODUCT[::5], ids=lambda config: f"{config.encoder.name}-{config.decoder.name}"
)
def test_bfloat16_rounds_a_parsing_and_its_gradients(config, make_videos):
    videos, parsings, gradients = make_videos(6, t=4, c=5), [], []
    for precision in ("float32", "bfloat16"):
        parser = make(replace(config, precision=precision))
        parsing = parse(parser, videos)
        (parsing.segment_audio.mean() + parsing.segment_visual.mean() + parsing.video.mean()).backward()
        parsings.append(parsing)
        gradients.append(torch.cat([p.grad.flatten() for p in parser.parameters() if p.grad is not None]))
        assert all(p.dtype == torch.float32 for p in parser.parameters())
    exact, rounded = (vars(parsing) for parsing in parsings)
    for name, value in exact.items():
        if isinstance(value, torch.Tensor):
            assert rounded[name].dtype == torch.float32
            assert (rounded[name] - value).abs().max() <= 0.03 * (1 + value.abs().max()), name
    assert not torch.equal(rounded["encoded_audio"], exact["encoded_audio"])
    assert torch.cosine_similarity(*gradients, dim=0) > 0.98
