"""Preprocessing of frames for the image networks: resize, crop, normalise."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class ImagePreprocessing:
    """Preprocessing that a network was trained with.

    Attributes:
        resize: height and width to resize to; a single number is the shorter side's length, and the aspect
            ratio is kept.
        crop: side of the square cut from the centre; None for no crop.
        mean: means of red, green and blue in 0…1, subtracted.
        std: standard deviations of red, green and blue, by which the differences are divided.
        interpolation: ``"bilinear"`` or ``"bicubic"``, both with antialiasing.
    """

    resize: tuple[int, int] | int
    crop: int | None
    mean: Colour
    std: Colour
    interpolation: str = "bilinear"

    def __call__(self, frame: NDArray[np.uint8]) -> Tensor:
        """Preprocess one RGB frame, (height, width, 3) → (3, height', width')."""
        values = torch.from_numpy(frame.copy()).permute(2, 0, 1)[None].float() / 255  # (1, 3, h, w)
        size = self._size(values.shape[2], values.shape[3])
        resized = interpolate(values, size, mode=self.interpolation, antialias=True).clamp(0, 1)[0]
        mean, std = (torch.tensor(colour)[:, None, None] for colour in (self.mean, self.std))  # (3, 1, 1)
        return (self._cropped(resized) - mean) / std

    def _size(self, height: int, width: int) -> tuple[int, int]:
        if isinstance(self.resize, tuple):
            return self.resize
        factor = self.resize / min(height, width)
        return max(self.resize, int(height * factor)), max(self.resize, int(width * factor))

    def _cropped(self, image: Tensor) -> Tensor:
        if self.crop is None:
            return image
        top, left = (round((side - self.crop) / 2) for side in image.shape[1:])
        return image[:, top : top + self.crop, left : left + self.crop]


IMAGENET = ImagePreprocessing(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""ResNet-152 (torchvision's preprocessing for ImageNet)."""

KINETICS = ImagePreprocessing((128, 171), 112, (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989))
"""R(2+1)D-18 (torchvision's preprocessing for Kinetics-400)."""

CLIP = ImagePreprocessing(
    (224, 224),
    None,
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
    interpolation="bicubic",
)
"""CLIP ViT-L/14 (``openai/clip-vit-large-patch14``); as in VALOR, frames are resized without a crop."""
