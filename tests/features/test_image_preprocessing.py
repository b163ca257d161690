import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from leap.features.image_preprocessing import CLIP, IMAGENET, KINETICS, ImagePreprocessing

PLAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.mark.parametrize("size", [(240, 320), (100, 90), (91, 1007), (7, 300)])
@pytest.mark.parametrize("prepare", [IMAGENET, KINETICS, CLIP])
def test_a_frame_is_resized_as_a_whole_and_then_cropped(prepare, size):
    """Torch resizes the whole frame with antialiasing, by an implementation of its own."""
    frame = np.random.default_rng(0).integers(256, size=(*size, 3), dtype=np.uint8)
    factor = 256 / min(size)
    whole = (int(size[0] * factor), int(size[1] * factor)) if prepare is IMAGENET else prepare.resize
    values = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    resized = interpolate(values, whole, mode=prepare.interpolation, antialias=True).clamp(0, 1)[0]
    mean, std = (torch.tensor(colour)[:, None, None] for colour in (prepare.mean, prepare.std))
    side = prepare.crop or 224
    top, left = round((whole[0] - side) / 2), round((whole[1] - side) / 2)
    expected = (resized[:, top : top + side, left : left + side] - mean) / std
    torch.testing.assert_close(prepare(frame), expected, atol=5e-4, rtol=0)  # torch's weights are float32


MEASURE = """
import resource, sys
import numpy as np
from leap.features.image_preprocessing import IMAGENET
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert IMAGENET(np.zeros((int(sys.argv[1]), int(sys.argv[2]), 3), np.uint8)).shape == (3, 224, 224)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("size", [(2, 2**14), (2**14, 2), (1, 2**20)])
def test_memory_is_bounded_for_pictures_of_extreme_shape(size):
    """Resized as a whole, 2 × 16,384 pixels would have 256 × 2,097,152."""
    command = [sys.executable, "-c", MEASURE, *map(str, size)]
    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert grown < 2**17  # KiB


@pytest.mark.parametrize(
    ("prepare", "shape"),
    [(IMAGENET, (3, 224, 224)), (KINETICS, (3, 112, 112)), (CLIP, (3, 224, 224))],
)
@pytest.mark.parametrize("size", [(240, 320), (500, 90), (7, 9)])
def test_networks_get_their_size_from_any_picture(prepare, shape, size):
    assert prepare(np.zeros((*size, 3), np.uint8)).shape == shape


def test_the_shorter_side_is_resized_and_the_middle_is_cut_out():
    picture = np.zeros((256, 512, 3), np.uint8)
    picture[:, 160:352] = 255  # the middle 192 columns of 512
    found = ImagePreprocessing(256, 224, *PLAIN)(picture)
    assert (found[:, :, 17:207] == 1).all()
    assert (found[:, :, :15] == 0).all()
    assert (found[:, :, 209:] == 0).all()


def test_colours_are_in_units_of_the_training_pictures():
    prepare = ImagePreprocessing((2, 2), None, (0.5, 0.25, 0.0), (0.5, 0.25, 2.0))
    white = prepare(np.full((2, 2, 3), 255, np.uint8))
    torch.testing.assert_close(white[:, 0, 0], torch.tensor([1.0, 3.0, 0.5]))
