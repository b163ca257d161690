import numpy as np
import pytest
import torch
from PIL import Image

from leap.features.image_preprocessing import CLIP, IMAGENET, KINETICS, ImagePreprocessing

PLAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.fixture
def picture():
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(256, size=(12, 16, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((320, 240), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("kind", ["bilinear", "bicubic"])
def test_resizing_is_that_of_pillow(picture, kind):
    found = ImagePreprocessing((112, 200), None, *PLAIN, interpolation=kind)(picture)
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    expected = np.asarray(Image.fromarray(picture).resize((200, 112), filters[kind]))
    assert found.shape == (3, 112, 200)
    difference = (found * 255).numpy() - expected.transpose(2, 0, 1)
    assert np.abs(difference).max() < 1.6  # Pillow rounds to bytes, twice


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
