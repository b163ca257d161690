"""The parser as a whole: every encoder with every decoder."""

import inspect
from dataclasses import fields, replace

import pytest
import torch

from leap.config import (
    DECODERS,
    ENCODERS,
    PARSERS,
    AvssConfig,
    CmpaeConfig,
    EvidentialConfig,
    HanConfig,
    LeapConfig,
    LossConfig,
    MmilConfig,
    ModelConfig,
    Protocol,
    TrainConfig,
)
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.inference.decode import decode
from leap.label_embeddings import random_orthogonal
from leap.models.decoders.evidential import EvidentialParsing
from leap.models.output import Parsing
from leap.models.parser import Parser, build_parser
from leap.training.criterion import Criterion
from leap.training.denoising import DenoisedVideos
from leap.training.trainer import Trainer
from tests.models.product import (
    CMPAE,
    EACH,
    PRODUCT,
    SIZES,
    WIDTHS,
    make,
    parse,
    parts,
    tensors,
    without_dropout,
)


def test_product_covers_every_part():
    assert {type(c.encoder) for c in PRODUCT} == {part.config for part in ENCODERS.parts.values()}
    assert {type(c.decoder) for c in PRODUCT} == {part.config for part in DECODERS.parts.values()}
    assert {type(c) for c in PRODUCT} == {part.config for part in PARSERS.parts.values()}
    assert {c.encoder for c in EACH} == {c.encoder for c in PRODUCT}
    assert {c.decoder for c in EACH} == {c.decoder for c in PRODUCT}


@pytest.mark.parametrize("config", PRODUCT, ids=parts)
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


@pytest.mark.parametrize("config", PRODUCT, ids=parts)
def test_every_parameter_gets_a_gradient(config, make_videos):
    parser, videos = make(config).double(), make_videos(8)
    videos = videos._map(lambda tensor: tensor.double())
    criterion = Criterion(LossConfig(avss=AvssConfig()))
    criterion.total(criterion(parse(parser, videos), videos)).backward()
    silent = [n for n, p in parser.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    unimodal = getattr(config.encoder, "cross_weight", 1.0) == 0
    assert all("cross_attention" in name for name in silent) if unimodal else silent == []


@pytest.mark.parametrize("config", PRODUCT, ids=parts)
def test_a_parsing_does_not_depend_on_its_batch(config, make_videos):
    parser, videos = make(config), make_videos(6)
    together = tensors(parse(parser, videos))
    for name, value in tensors(parse(parser, videos[2:3])).items():
        torch.testing.assert_close(together[name][2:3], value, rtol=1e-4, atol=1e-6)


def assert_overfits(config, videos):
    """Training on four videos reproduces their pseudo-labels."""
    parser, train = (
        make(without_dropout(config, width=64, ffn=64), 3),
        TrainConfig(epochs=400, batch=4, lr=5e-3),
    )
    optimizer = torch.optim.AdamW(parser.parameters(), lr=train.lr)
    trainer = Trainer(parser, Criterion(LossConfig()), optimizer, videos, train, 0)

    def fitted():
        events = decode(parse(parser.eval(), videos), Protocol(gate=None))
        labels = videos.pseudo_audio, videos.pseudo_visual
        return all(torch.equal(found.float(), wanted) for found, wanted in zip(events, labels, strict=True))

    for epoch in range(train.epochs):
        trainer.train_one_epoch(epoch)
        if epoch % 20 == 0 and fitted():
            return
    assert fitted()


def overfitted(configs):
    """CMPAE's logits have no gradient beyond ±10; at this rate its own front end and encoder stay within."""
    return [c for c in configs if c == CMPAE or not isinstance(c.decoder, EvidentialConfig)]


@pytest.mark.parametrize("config", overfitted(EACH), ids=parts)
def test_four_videos_can_be_overfitted(config, make_videos):
    assert_overfits(config, make_videos(4, c=3))


@pytest.mark.slow
@pytest.mark.parametrize("config", overfitted(PRODUCT), ids=parts)
def test_every_combination_overfits_four_videos(config, make_videos):
    assert_overfits(config, make_videos(4, c=3))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ModelConfig(decoder=LeapConfig(heads=3)), "3 heads"),
        (ModelConfig(encoder=HanConfig(heads=3)), "divisible"),
        (ModelConfig(decoder=MmilConfig(blocks=1, heads=3)), "3 heads"),
    ],
)
def test_impossible_models_are_one_line(config, message):
    with pytest.raises(LeapError, match=rf"^model config: [^\n]*{message}[^\n]*; choose sizes that fit$"):
        make(config)


def test_learned_label_embeddings_are_trained_and_others_are_not(make_videos):
    videos = make_videos()
    for labels, trained in (("learned", True), ("orthogonal", False)):
        parser = make(ModelConfig(decoder=LeapConfig(heads=2), labels=labels, **SIZES))
        assert ("label_embedding" in dict(parser.named_parameters())) == trained
        assert "label_embedding" in parser.state_dict()
        parse(parser, videos).segment_audio.sum().backward()
        assert (parser.label_embedding.grad is not None) == trained


def assert_compiles(config, videos):
    torch._dynamo.reset()
    parser = make(config)
    compiled = torch.compile(parser, backend="aot_eager", fullgraph=True)
    ours, theirs = parse(parser, videos), compiled(videos.audio, videos.visual_2d)
    for name in ("segment_audio", "segment_visual", "video_audio", "video_visual", "video"):
        torch.testing.assert_close(getattr(theirs, name), getattr(ours, name), rtol=1e-5, atol=1e-6)


COMPILED = [
    *{c.encoder.name: c for c in EACH if c.name == "standard"}.values(),
    *{c.decoder.name: c for c in EACH if c.name == "standard"}.values(),
    CMPAE,
]
"""One of every encoder, decoder and kind of parser."""


@pytest.mark.parametrize("config", list(dict.fromkeys(COMPILED)), ids=parts)
def test_compiled_in_one_graph_with_equal_output(config, make_videos):
    assert_compiles(config, make_videos())


@pytest.mark.slow
@pytest.mark.parametrize("config", PRODUCT, ids=parts)
def test_every_combination_is_compiled_in_one_graph(config, make_videos):
    assert_compiles(config, make_videos())


@pytest.mark.parametrize("config", EACH, ids=parts)
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


def test_core_types_know_nothing_of_other_systems():
    """What JoMoLD and CMPAE add is in their own config, parser, parsing and videos."""
    moved = [
        (ModelConfig, CmpaeConfig, {"visual_dropout", "cross_weight"}),
        (Parsing, EvidentialParsing, {"uncertainty"}),
        (Videos, DenoisedVideos, {"weak_audio", "weak_visual"}),
    ]
    renamed = {"elu", "global_branch", "branch", "cross_share", "unimodal"}
    for core, own, names in moved:
        known, more = ({field.name for field in fields(kind)} for kind in (core, own))
        assert not known & (names | renamed)
        assert names <= more
    parser = {*inspect.signature(Parser).parameters, *dir(make(PRODUCT[0]))}
    assert {"encoder", "decoder", "frontend", "precision"} <= parser
    assert not parser & renamed.union(*(names for *_, names in moved))
    assert {"branch", "cross_weight", "visual_dropout", "unimodal"} <= set(dir(make(CMPAE)))


def test_a_parser_of_labels_without_any_asks_for_them(make_videos):
    parser = build_parser(PRODUCT[0], WIDTHS, random_orthogonal(5, 9))
    parser.label_embedding = None
    assert parse(parser, make_videos()).segment_audio.shape == (4, 10, 5)  # MMIL needs none
    parser = make(ModelConfig(decoder=LeapConfig(heads=2), **SIZES))
    parser.label_embedding = None
    with pytest.raises(ValueError, match="give label_embedding"):
        parse(parser, make_videos())
