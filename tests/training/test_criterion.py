import pytest
import torch

from leap.config import (
    AvssConfig,
    CmpaeLossConfig,
    HanLossConfig,
    JomoldLossConfig,
    LeapLossConfig,
    LossConfig,
    ValorLossConfig,
)
from leap.models.output import Parsing
from leap.training.criterion import Criterion
from leap.training.losses.similarity import avss, avss_confident, avss_release
from tests.models.product import CMPAE, make, parse
from tests.training.losses.parsings import make_parsing

BASIC = {"video_audio", "video_visual", "video", "segment_audio", "segment_visual"}


@pytest.mark.parametrize(
    ("variant", "function"), [("paper", avss), ("release", avss_release), ("confident", avss_confident)]
)
def test_l_avss_is_weighed_by_lambda(variant, function, make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    criterion = Criterion(LossConfig(avss=AvssConfig(weight=0.3, variant=variant)))
    losses = criterion(parsing, videos)
    assert losses.keys() == BASIC | {"avss"}
    assert torch.equal(losses["avss"], function(parsing, videos))
    expected = sum(losses[name].item() for name in BASIC) + 0.3 * losses["avss"].item()
    assert criterion.total(losses).item() == pytest.approx(expected, rel=1e-6)


def test_l_avss_is_left_out_by_default(make_videos):
    videos = make_videos()
    criterion = Criterion(LossConfig())
    losses = criterion(make_parsing(videos), videos)
    assert losses.keys() == BASIC
    assert criterion.total(losses).item() == pytest.approx(sum(v.item() for v in losses.values()), rel=1e-6)


@pytest.mark.parametrize(
    ("basic", "names"), [(HanLossConfig(), 3), (ValorLossConfig(), 3), (JomoldLossConfig(), 4)]
)
def test_other_systems_losses_take_lambda_too(basic, names, make_videos):
    videos = make_videos()
    criterion = Criterion(LossConfig(basic=basic, avss=AvssConfig(weight=0.5)))
    losses = criterion(make_parsing(videos), videos)
    assert len(losses) == names + 1
    assert criterion.total(losses).item() == pytest.approx(
        sum(v.item() for v in losses.values()) - 0.5 * losses["avss"].item(), rel=1e-6
    )


def test_weights_of_a_system_and_lambda_make_up_the_total(make_videos):
    videos = make_videos()
    criterion = Criterion(LossConfig(basic=CmpaeLossConfig(), avss=AvssConfig(weight=0.5)))
    losses = criterion(parse(make(CMPAE), videos), videos)
    weights = {"video_audio": 2, "video_visual": 0.6, "video": 0.6, "nce": 1, "mutual": 1, "avss": 0.5}
    assert losses.keys() == weights.keys()
    expected = sum(weights[name] * loss.item() for name, loss in losses.items())
    assert criterion.total(losses).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("config", "shardable", "replayable"),
    [
        (LossConfig(), True, True),
        (LossConfig(avss=AvssConfig(variant="release")), True, True),
        (LossConfig(avss=AvssConfig(variant="confident")), False, True),
        (LossConfig(basic=CmpaeLossConfig()), False, False),
        (LossConfig(basic=CmpaeLossConfig(denoise=False)), True, False),
    ],
)
def test_what_may_be_sharded_and_replayed(config, shardable, replayable):
    criterion = Criterion(config)
    assert (criterion.shardable, criterion.replayable) == (shardable, replayable)


@pytest.mark.parametrize("basic", [LeapLossConfig(), HanLossConfig(), ValorLossConfig(), JomoldLossConfig()])
@pytest.mark.parametrize("variant", ["paper", "release"])
def test_what_is_shardable_is_a_mean_over_videos(variant, basic, make_videos):
    """Of three videos, one rank has two and the other one."""
    videos = make_videos(3)
    criterion = Criterion(LossConfig(basic=basic, avss=AvssConfig(variant=variant)))
    assert criterion.shardable
    parsing = make_parsing(videos)
    whole = criterion(parsing, videos)

    def shard(part):
        tensors = {name: value for name, value in vars(parsing).items() if value is not None}
        return criterion(Parsing(**{name: value[part] for name, value in tensors.items()}), videos[part])

    shards = shard(slice(0, 2)), shard(slice(2, 3))
    for name, loss in whole.items():
        torch.testing.assert_close((2 * shards[0][name] + shards[1][name]) / 3, loss)
