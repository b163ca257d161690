from dataclasses import replace

import torch

from leap.inference.parsed_video import parse_video
from leap.training.run import initial_parser
from leap.visualization import watched_video as module
from leap.visualization.watched_video import WatchedVideo, first_with_boundaries


def test_the_video_is_the_first_in_which_events_of_both_modalities_change(make_videos):
    videos = make_videos(4, t=3, c=2)
    audio, visual = torch.zeros(4, 3, 2), torch.ones(4, 3, 2)
    assert first_with_boundaries(replace(videos, true_audio=audio, true_visual=visual)) == 0
    audio[1, 2, 0] = audio[2, 0, 1] = 1
    visual[2, 1, 0] = visual[3, 1, 0] = 0
    assert first_with_boundaries(replace(videos, true_audio=audio, true_visual=visual)) == 2


def test_the_figure_is_that_of_the_video_as_parsed(tiny_config, tiny_store, monkeypatch):
    parser = initial_parser(tiny_config, tiny_store).train()
    before = torch.random.get_rng_state()
    monkeypatch.setattr(module, "timeline_figure", lambda video: video)
    watched = WatchedVideo(tiny_config, tiny_store)
    drawn = watched.figure(parser)
    assert parser.training
    assert torch.equal(torch.random.get_rng_state(), before)
    parsed = parse_video(parser, tiny_store, tiny_config.protocol, "val", watched.name)
    assert (drawn.name, drawn.classes) == (parsed.name, ("cat", "dog", "hen"))
    for part in ("probabilities", "events", "truth", "attention"):
        for modality, values in getattr(parsed, part).items():
            assert (getattr(drawn, part)[modality] == values).all()


def test_classes_that_training_does_not_see_are_not_drawn(tiny_config, tiny_store, monkeypatch):
    monkeypatch.setattr(module, "timeline_figure", lambda video: video)
    config = replace(tiny_config, unseen=("dog",))
    parser = initial_parser(config, tiny_store)
    drawn = WatchedVideo(config, tiny_store).figure(parser)
    assert drawn.classes == ("cat", "hen")
    assert drawn.truth["audio"].shape == drawn.probabilities["audio"].shape == (4, 2)
