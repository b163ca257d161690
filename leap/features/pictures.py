"""Pictures as networks read them: resized, cropped, and in units of the training pictures' colours."""

from dataclasses import dataclass

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Preparation:
    """How a network wants its pictures.

    Attributes:
        resized: height and width before cropping; one number is the shorter side's, which keeps proportions.
        cropped: side of the square that is cut from the middle; None for the whole.
        mean: of red, green and blue in 0…1, subtracted.
        deviation: what they are divided by then.
        mode: of interpolation.
    """

    resized: tuple[int, int] | int
    cropped: int | None
    mean: Colour
    deviation: Colour
    mode: str = "bilinear"

    def __call__(self, picture: NDArray) -> Tensor:
        """Prepare one picture (height, width, 3) of bytes, (3, height', width')."""
        values = (
            torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
        )  # (1, 3, height, width)
        size = self._size(values.shape[2], values.shape[3])
        resized = interpolate(values, size, mode=self.mode, antialias=True).clamp(0, 1)[0]
        mean, deviation = (torch.tensor(colour)[:, None, None] for colour in (self.mean, self.deviation))
        return (self._crop(resized) - mean) / deviation

    def _size(self, height: int, width: int) -> tuple[int, int]:
        if isinstance(self.resized, tuple):
            return self.resized
        factor = self.resized / min(height, width)
        return max(self.resized, int(height * factor)), max(self.resized, int(width * factor))

    def _crop(self, picture: Tensor) -> Tensor:
        if self.cropped is None:
            return picture
        top, left = (round((side - self.cropped) / 2) for side in picture.shape[1:])
        return picture[:, top : top + self.cropped, left : left + self.cropped]


IMAGENET = Preparation(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
KINETICS = Preparation((128, 171), 112, (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989))
CLIP = Preparation(
    (224, 224),
    None,
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
    mode="bicubic",
)
