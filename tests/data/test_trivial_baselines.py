from dataclasses import replace

import torch

from leap.data.trivial_baselines import label_free_baselines, trivial_baselines


def test_trivial_baselines_have_the_shape_of_the_split(make_videos):
    videos = make_videos()
    predictions = trivial_baselines(videos)
    assert set(predictions) == {"nothing", "weak label", "pseudo-labels"}
    for audio, visual in predictions.values():
        assert audio.shape == visual.shape == videos.true_audio.shape
    assert predictions["nothing"][0].sum() == 0
    assert torch.equal(predictions["weak label"][1], videos.weak[:, None].repeat(1, 10, 1))
    assert predictions["pseudo-labels"][0] is videos.pseudo_audio


def test_label_free_baselines_predict_the_commonest_training_classes_in_every_segment(make_videos):
    train, test = make_videos(6, c=3), make_videos(2, c=3, seed=1)
    train = replace(
        train, weak=torch.tensor([[1.0, 0, 1], [0, 0, 1], [0, 0, 1], [1, 0, 1], [0, 1, 1], [0, 0, 1]])
    )
    found = label_free_baselines(train, test)
    assert list(found) == ["nothing", "1 class", "2 classes", "all classes"]
    shares = [audio.mean(dim=(0, 1)).tolist() for audio, visual in found.values()]
    assert shares == [[0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1]]
    changed = replace(test, weak=1 - test.weak, pseudo_audio=1 - test.pseudo_audio)
    assert all(
        torch.equal(found[name][0], cubes[0]) for name, cubes in label_free_baselines(train, changed).items()
    )
