"""Preprocessing of frames for the image networks: resize, crop, normalize."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.errors import require

if TYPE_CHECKING:
    from PIL import Image
    from PIL.Image import Resampling
else:
    Image = require("PIL.Image", "media")
    Resampling = Image.Resampling

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
        """Preprocess one RGB frame, (height, width, 3) → (3, height', width').

        Only the pixels of the crop are computed, so memory stays bounded for pictures of extreme shape.
        """
        height, width, _ = frame.shape
        resized = self._size(height, width)
        size = resized if self.crop is None else (self.crop, self.crop)
        top, left = (round((whole - part) / 2) for whole, part in zip(resized, size, strict=True))
        down, right = height / resized[0], width / resized[1]  # frame pixels per pixel of the resized frame
        box = (left * right, top * down, (left + size[1]) * right, (top + size[0]) * down)
        method = Resampling[self.interpolation.upper()]
        channels = (
            Image.fromarray(channel).resize((size[1], size[0]), method, box)
            for channel in np.moveaxis(frame, 2, 0).astype(np.float32)
        )
        image = torch.from_numpy(np.stack([np.asarray(channel) for channel in channels]))  # (3, h', w')
        mean, std = (torch.tensor(colour)[:, None, None] for colour in (self.mean, self.std))  # (3, 1, 1)
        return ((image / 255).clamp(0, 1) - mean) / std

    def _size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the whole frame after resizing."""
        if isinstance(self.resize, tuple):
            return self.resize
        factor = self.resize / min(height, width)
        return max(self.resize, int(height * factor)), max(self.resize, int(width * factor))


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


def efficientnet_lite_preprocessing(side: int) -> ImagePreprocessing:
    """EfficientNet-Lite: RGB values minus 127, divided by 128, as in its release; the whole frame is resized.

    Args:
        side: side of the square that the network was trained on.
    """
    mean, std = 127 / 255, 128 / 255
    return ImagePreprocessing((side, side), None, (mean,) * 3, (std,) * 3, interpolation="bicubic")
