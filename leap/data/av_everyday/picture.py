"""Render the frames of a video, one per second, from the segments in which each class is seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.av_everyday.reading import SIDE, Picture
from leap.errors import require

FRAME = 128
"""Height and width of a frame in pixels."""

CROP = (0.85, 1.0)
"""Fraction of a photograph, in each direction, that an object shows."""

SCALE = (0.7, 1.0)
"""Size of an object relative to the largest that fits its part of the frame."""

DETAIL = (32, SIDE)
"""Shorter side, in pixels, to which an object is reduced before it is enlarged to its size."""

BRIGHTNESS = (0.7, 1.25)
BLUR = (0.0, 0.8)
PAN = 4
"""Largest shift in pixels between two frames."""

NOISE = (0.0, 8.0)
DISTRACTED = 0.2
"""Fraction of frames with an object of none of the classes."""

Labels = NDArray[np.uint8]
Frames = NDArray[np.uint8]


class Pictures(NamedTuple):
    """Photographs of one role: those of each class that can be seen, and those of none of the classes."""

    objects: list[list[Picture]]
    others: list[Picture]


class Placed(NamedTuple):
    """An object in the frames: its picture, its corner in every segment, (T, 2), and where it is seen."""

    picture: Picture
    corners: NDArray[np.intp]
    seen: Labels


def render_frames(seen: Labels, pictures: Pictures, rng: np.random.Generator) -> Frames:
    """Render one frame per segment.

    Every class has one photograph per video and a part of the frame of its own, in which it moves. The
    background is one more photograph; between it and the classes, a fifth of the frames have a distractor, an
    object of none of the classes.

    Args:
        seen: segments in which each class is seen, (T, C).
        pictures: the photographs.
        rng: random generator.

    Returns:
        Frames, (T, 128, 128, 3).
    """
    segments = len(seen)
    chosen = [(_pick(pictures.objects[label], rng), seen[:, label]) for label in np.flatnonzero(seen.any(0))]
    distracted = (rng.random(segments) < DISTRACTED).astype(np.uint8)
    frames = _background(_pick(pictures.others, rng), segments, rng)
    _place(frames, _object(_pick(pictures.others, rng), 0, 1, segments, distracted, rng))
    parts = rng.permutation(len(chosen))
    for (picture, active), part in zip(chosen, parts, strict=True):
        _place(frames, _object(picture, part, len(chosen), segments, active, rng))
    light = rng.uniform(*BRIGHTNESS) * rng.uniform(0.9, 1.1, size=(segments, 1, 1, 1))
    noise = rng.uniform(*NOISE) * rng.standard_normal(frames.shape, np.float32)
    return np.clip(frames * light + noise, 0, 255).astype(np.uint8)


def _background(picture: Picture, segments: int, rng: np.random.Generator) -> NDArray[np.float32]:
    size = FRAME + 2 * PAN
    whole = _altered(picture, (size, size), rng)
    corners = _walk(np.array([PAN, PAN]), np.zeros(2, int), np.full(2, 2 * PAN), segments, rng)
    return np.stack([whole[y : y + FRAME, x : x + FRAME] for y, x in corners]).astype(np.float32)


def _object(
    picture: Picture, part: int, parts: int, segments: int, active: Labels, rng: np.random.Generator
) -> Placed:
    """An object in its part of the frame, one of ``parts`` equal columns."""
    picture = _cropped(picture, rng)
    room = np.array([FRAME, FRAME // parts])
    scale = rng.uniform(*SCALE) * (room / picture.shape[:2]).min()
    size = np.maximum(1, np.floor(np.array(picture.shape[:2]) * scale)).astype(int)
    low = np.array([0, part * room[1]])
    corners = _walk(low + rng.integers(room - size + 1), low, low + room - size, segments, rng)
    return Placed(_altered(picture, (int(size[0]), int(size[1])), rng), corners, active)


def _place(frames: NDArray[np.float32], placed: Placed) -> None:
    height, width, _ = placed.picture.shape
    for segment in np.flatnonzero(placed.seen):
        y, x = placed.corners[segment]
        frames[segment, y : y + height, x : x + width] = placed.picture


def _walk(
    start: NDArray, low: NDArray, high: NDArray, segments: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """A random walk of corners between bounds, (T, 2)."""
    corners = [np.clip(start, low, high)]
    for _ in range(segments - 1):
        corners.append(np.clip(corners[-1] + rng.integers(-PAN, PAN + 1, size=2), low, high))
    return np.array(corners)


def _cropped(picture: Picture, rng: np.random.Generator) -> Picture:
    """A random part of a photograph, in half of all cases mirrored."""
    whole = np.array(picture.shape[:2])
    height, width = np.maximum(1, (whole * rng.uniform(*CROP, size=2)).astype(int))
    y, x = rng.integers(whole - (height, width) + 1)
    return picture[y : y + height, x : x + width][:, :: rng.choice([-1, 1])]


def _altered(picture: Picture, size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """A photograph at another detail, size (height, width), brightness and sharpness."""
    image, filters = require("PIL.Image", "media"), require("PIL.ImageFilter", "media")
    detail = min(1.0, rng.integers(*DETAIL, endpoint=True) / min(picture.shape[:2]))
    reduced = [max(1, round(length * detail)) for length in picture.shape[1::-1]]
    altered = image.fromarray(np.ascontiguousarray(picture)).resize(reduced, image.Resampling.BILINEAR)
    altered = altered.resize(size[::-1], image.Resampling.BILINEAR)
    altered = altered.filter(filters.GaussianBlur(rng.uniform(*BLUR)))
    return np.clip(np.asarray(altered) * rng.uniform(*BRIGHTNESS), 0, 255).astype(np.uint8)


def _pick(pictures: list[Picture], rng: np.random.Generator) -> Picture:
    return pictures[rng.integers(len(pictures))]
