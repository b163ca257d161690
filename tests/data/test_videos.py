from dataclasses import fields, replace

import torch


def test_length_is_the_number_of_videos(make_videos):
    assert len(make_videos(n=3)) == 3


def test_index_takes_the_same_videos_of_every_tensor(make_videos):
    videos = replace(make_videos(n=4), visual_3d=torch.randn(4, 10, 2))
    order = torch.tensor([2, 0])
    for picked, index in ((videos[order], [2, 0]), (videos[1:3], [1, 2])):
        for field in fields(videos):
            expected = torch.stack([getattr(videos, field.name)[i] for i in index])
            assert torch.equal(getattr(picked, field.name), expected), field.name


def test_absent_clip_features_stay_absent(make_videos):
    videos = make_videos()
    assert videos[:2].visual_3d is None
    assert videos.to("cpu").visual_3d is None


def test_another_device_takes_every_tensor(make_videos):
    moved = make_videos().to("meta")
    present = [getattr(moved, field.name) for field in fields(moved) if field.name != "visual_3d"]
    assert {tensor.device.type for tensor in present} == {"meta"}
