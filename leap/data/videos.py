"""Videos in memory: the features and labels of a split or of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from leap.errors import LeapError

LABELS = (
    "weak",
    "pseudo_audio",
    "pseudo_visual",
    "true_audio",
    "true_visual",
    "avss_audio",
    "avss_visual",
    "soft_audio",
    "soft_visual",
)
"""Fields of `Videos` whose last dimension is the classes."""


@dataclass(frozen=True)
class Videos:
    """Features and labels of ``N`` videos of ``T`` segments over ``C`` classes, as float32 tensors.

    Attributes:
        audio: audio features, (N, T, A).
        visual_2d: frame features, averaged over each second, (N, T, V), or of k frames per second,
            (N, T·k, V).
        weak: weak labels, the event classes of each video, (N, C), zeros and ones.
        pseudo_audio: audio pseudo-labels, (N, T, C), zeros and ones.
        pseudo_visual: visual pseudo-labels, likewise.
        true_audio: dense audio labels, (N, T, C), or None where unknown; for scoring. Training reads
            them only as an upper bound, with ``RunConfig.supervision`` ``"dense"``.
        true_visual: dense visual labels, likewise.
        visual_3d: video-clip features, (N, T, S), or None where the data set has none.
        avss_audio: audio pseudo-labels that L_avss uses instead of ``pseudo_audio``, (N, T, C), or None.
        avss_visual: visual pseudo-labels that L_avss uses instead of ``pseudo_visual``, likewise.
        soft_audio: soft audio labels, (N, T, C), in [0, 1], or None where no loss learns from them.
        soft_visual: soft visual labels, likewise.
    """

    audio: Tensor
    visual_2d: Tensor
    weak: Tensor
    pseudo_audio: Tensor
    pseudo_visual: Tensor
    true_audio: Tensor | None = None
    true_visual: Tensor | None = None
    visual_3d: Tensor | None = None
    avss_audio: Tensor | None = None
    avss_visual: Tensor | None = None
    soft_audio: Tensor | None = None
    soft_visual: Tensor | None = None

    def __len__(self) -> int:
        return len(self.audio)

    def __getitem__(self, index: Tensor | slice) -> Videos:
        """Select videos by ``index``: a slice, or a 1-d tensor of integers."""
        return self._map(lambda tensor: tensor[index])

    def truth(self) -> tuple[Tensor, Tensor]:
        """Dense audio and visual labels, each (N, T, C).

        Raises:
            LeapError: the videos have only weak labels, like LLP's training videos.
        """
        if self.true_audio is None or self.true_visual is None:
            raise LeapError("these videos have no dense labels to score against; use val or test")
        return self.true_audio, self.true_visual

    def avss_targets(self) -> tuple[Tensor, Tensor]:
        """Audio and visual pseudo-labels from which L_avss takes its EIoU targets, each (N, T, C)."""
        audio = self.pseudo_audio if self.avss_audio is None else self.avss_audio
        visual = self.pseudo_visual if self.avss_visual is None else self.avss_visual
        return audio, visual

    @property
    def features(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """Inputs of a parser: ``audio``, ``visual_2d`` and ``visual_3d``."""
        return self.audio, self.visual_2d, self.visual_3d

    @property
    def device(self) -> torch.device:
        """Device of the tensors."""
        return self.audio.device

    def to(self, device: torch.device | str) -> Videos:
        """Copy the videos to a device."""
        return self._map(lambda tensor: tensor.to(device))

    def with_classes(self, classes: Sequence[int]) -> Videos:
        """Keep all videos, with the labels of K of the C classes only: (N, K) and (N, T, K).

        Args:
            classes: indices of the K classes.
        """
        index = torch.tensor(classes, device=self.device)
        return self._map(lambda tensor: tensor.index_select(-1, index), LABELS)

    def _map(self, function: Callable[[Tensor], Tensor], names: Sequence[str] = ()) -> Videos:
        """Apply a function to the tensors of the given names; to all without names."""
        values = {name: getattr(self, name) for name in names or [field.name for field in fields(self)]}
        return replace(self, **{name: function(value) for name, value in values.items() if value is not None})
