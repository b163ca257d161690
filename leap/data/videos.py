"""A set of videos in memory: features and labels of one split, or of one batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from leap.errors import LeapError


@dataclass(frozen=True)
class Videos:
    """Features and labels of ``N`` videos of ``T`` segments over ``C`` classes, as float32 tensors.

    Attributes:
        audio: audio features, (N, T, A).
        visual_2d: frame features averaged over each second, (N, T, V), or those of k frames a second,
            (N, T·k, V).
        weak: set of event classes of the whole video, (N, C), zeros and ones.
        pseudo_audio: audio pseudo labels, (N, T, C).
        pseudo_visual: visual pseudo labels, (N, T, C).
        true_audio: dense audio labels, (N, T, C), where there are any; for scoring only, never for training.
        true_visual: dense visual labels, likewise.
        visual_3d: clip features, (N, T, S), where the data set has them.
        weak_audio: what the audio stream is to learn of ``weak``, (N, C), where labels were denoised.
        weak_visual: likewise the visual stream.
        avss_audio: audio pseudo labels of L_avss, (N, T, C), where they are others than ``pseudo_audio``.
        avss_visual: likewise visual ones.
    """

    audio: Tensor
    visual_2d: Tensor
    weak: Tensor
    pseudo_audio: Tensor
    pseudo_visual: Tensor
    true_audio: Tensor | None = None
    true_visual: Tensor | None = None
    visual_3d: Tensor | None = None
    weak_audio: Tensor | None = None
    weak_visual: Tensor | None = None
    avss_audio: Tensor | None = None
    avss_visual: Tensor | None = None

    def __len__(self) -> int:
        return len(self.audio)

    def __getitem__(self, index: Tensor | slice) -> Videos:
        """The videos at ``index``, a 1-d integer tensor or a slice."""
        return self._map(lambda tensor: tensor[index])

    def truth(self) -> tuple[Tensor, Tensor]:
        """Dense audio and visual labels, each (N, T, C).

        Raises:
            LeapError: these videos have only weak labels, as LLP's training videos.
        """
        if self.true_audio is None or self.true_visual is None:
            raise LeapError("these videos have no dense labels to score against; take val or test")
        return self.true_audio, self.true_visual

    def avss_targets(self) -> tuple[Tensor, Tensor]:
        """Audio and visual pseudo labels that L_avss compares, each (N, T, C)."""
        audio = self.pseudo_audio if self.avss_audio is None else self.avss_audio
        visual = self.pseudo_visual if self.avss_visual is None else self.avss_visual
        return audio, visual

    @property
    def device(self) -> torch.device:
        """Where the videos are."""
        return self.audio.device

    def to(self, device: torch.device | str) -> Videos:
        """The same videos on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def _map(self, function: Callable[[Tensor], Tensor]) -> Videos:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: function(value) for name, value in values.items() if value is not None})
