from dataclasses import fields, replace

import pytest
import torch

from leap.data.videos import Videos


@pytest.fixture
def whole(make_videos):
    """Four videos with every tensor that there can be."""
    videos = make_videos(n=4)
    optional = {"visual_3d": torch.randn(4, 10, 2)}
    optional |= {"avss_audio": 1 - videos.pseudo_audio, "avss_visual": 1 - videos.pseudo_visual}
    return replace(videos, **optional)


def tensors(videos):
    return {field.name: getattr(videos, field.name) for field in fields(Videos)}


def test_length_is_the_number_of_videos(make_videos):
    assert len(make_videos(n=3)) == 3


def test_index_takes_the_same_videos_of_every_tensor(whole):
    order = torch.tensor([2, 0])
    for picked, index in ((whole[order], [2, 0]), (whole[1:3], [1, 2])):
        for name, tensor in tensors(picked).items():
            assert torch.equal(tensor, torch.stack([tensors(whole)[name][i] for i in index])), name


def test_what_is_absent_stays_absent(make_videos):
    videos = make_videos()
    absent = {name for name, tensor in tensors(videos).items() if tensor is None}
    assert absent == {"visual_3d", "avss_audio", "avss_visual"}
    for same in (videos[:2], videos.to("cpu"), videos.with_classes([1])):
        assert {name for name, tensor in tensors(same).items() if tensor is None} == absent


def test_labels_of_some_classes_in_the_order_given(whole):
    for name, tensor in tensors(whole.with_classes([4, 0])).items():
        everything = tensors(whole)[name]
        features = name in ("audio", "visual_2d", "visual_3d")
        assert torch.equal(tensor, everything if features else everything[..., [4, 0]]), name


def test_another_device_takes_every_tensor(whole):
    assert {tensor.device.type for tensor in tensors(whole.to("meta")).values()} == {"meta"}


def test_l_avss_compares_the_pseudo_labels_unless_it_has_others(make_videos, whole):
    videos = make_videos()
    assert videos.avss_targets() == (videos.pseudo_audio, videos.pseudo_visual)
    assert whole.avss_targets() == (whole.avss_audio, whole.avss_visual)
