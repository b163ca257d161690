import torch

from leap.data.floors import floors


def test_floors_are_cubes_of_the_split(make_videos):
    videos = make_videos()
    predictions = floors(videos)
    assert set(predictions) == {"nothing", "weak label", "pseudo labels"}
    for audio, visual in predictions.values():
        assert audio.shape == visual.shape == videos.true_audio.shape
    assert predictions["nothing"][0].sum() == 0
    assert torch.equal(predictions["weak label"][1], videos.weak[:, None].repeat(1, 10, 1))
    assert predictions["pseudo labels"][0] is videos.pseudo_audio
