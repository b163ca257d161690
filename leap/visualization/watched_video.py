"""The validation video whose timeline shows what a parser in training has learned."""

from copy import deepcopy

import torch
from matplotlib.figure import Figure
from torch import nn

from leap.config import RunConfig
from leap.data.store import FeatureStore
from leap.data.videos import Videos
from leap.inference.parsed_video import MODALITIES, parsed_video
from leap.inference.predict import parse_videos
from leap.training.run import seen_classes
from leap.visualization.timeline import timeline_figure


class WatchedVideo:
    """A validation video of a run: the first in which events of both modalities begin or end.

    If there is none, it is the first of all.

    Args:
        config: the run.
        store: its data set.

    Attributes:
        name: id of the video.
        video: the video, with N = 1 and the labels of the classes that the run is trained on.

    Raises:
        LeapError: the validation videos have no dense labels, or are damaged.
    """

    def __init__(self, config: RunConfig, store: FeatureStore) -> None:
        seen = seen_classes(config, store.classes)
        videos = store.videos("val", config.model.inputs).with_classes(seen)
        chosen = first_with_boundaries(videos)
        self.name, self.video = store.ids("val")[chosen], videos[chosen : chosen + 1]
        self.classes, self.protocol = tuple(store.classes[c] for c in seen), config.protocol

    def figure(self, parser: nn.Module) -> Figure:
        """Timeline of the video; a copy of the parser parses it on the CPU, so the training is not affected.

        Args:
            parser: the parser, on any device.
        """
        parsing = next(parse_videos(deepcopy(parser).cpu(), self.video))
        truth = {m: labels[0].numpy() for m, labels in zip(MODALITIES, self.video.truth(), strict=True)}
        return timeline_figure(parsed_video(self.name, self.classes, parsing, self.protocol, truth))


def first_with_boundaries(videos: Videos) -> int:
    """Index of the first video in which events of both modalities begin or end after its start; else 0."""
    changes = [(labels.diff(dim=1) != 0).flatten(1).any(dim=1) for labels in videos.truth()]
    return int(torch.stack(changes).all(dim=0).int().argmax())
