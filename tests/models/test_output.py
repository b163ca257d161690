import torch

from leap.models.decoders.evidential import EvidentialParsing, Uncertainty
from leap.models.output import Parsing


def parsing(dtype=torch.float32):
    segments, videos = torch.rand(2, 3, 4, dtype=dtype), torch.rand(2, 4, dtype=dtype)
    return Parsing(segments, segments, videos, videos, videos, segments, segments)


def test_float32_leaves_no_bfloat16_and_no_other_value():
    rounded = parsing(torch.bfloat16)
    for name, value in vars(rounded.to_float32()).items():
        before = getattr(rounded, name)
        assert value is None if before is None else value.dtype == torch.float32
        assert before is None or torch.equal(value, before.float())
    exact = parsing(torch.float64).to_float32()
    assert exact.video.dtype == torch.float64  # gradients are checked in double precision


def test_float32_keeps_what_a_subclass_adds():
    uncertainty = Uncertainty(*(torch.rand(2) for _ in range(4)))
    evidential = EvidentialParsing(**vars(parsing(torch.bfloat16)), uncertainty=uncertainty)
    assert evidential.to_float32().uncertainty is uncertainty


def test_nan_is_replaced_in_video_probabilities_alone():
    nan = torch.tensor([[torch.nan, 0.25]])
    segments = nan[:, None]
    clean = Parsing(segments, segments, nan, nan, nan, segments, segments).without_nan()
    for name in ("video_audio", "video_visual", "video"):
        assert getattr(clean, name).tolist() == [[0.0, 0.25]]
    assert clean.segment_audio.isnan().any()
