import json

import pytest
import torch

from leap.data.classes import AV_DIGITS, AV_EVERYDAY
from leap.errors import LeapError
from leap.label_embeddings.prompts import read_prompts
from leap.label_embeddings.shipped import SHIPPED, VECTORS, shipped_embeddings
from leap.label_embeddings.sources import label_embeddings


def mean_cosine(rows):
    unit = torch.nn.functional.normalize(rows)
    count = len(rows)
    return float(((unit @ unit.T).sum() - count) / (count * (count - 1)))


@pytest.mark.parametrize("classes", [AV_DIGITS, AV_EVERYDAY])
@pytest.mark.parametrize("source", SHIPPED)
def test_every_class_of_the_shipped_data_sets_has_a_vector_of_unit_mean_square(source, classes):
    rows = label_embeddings(source, classes)
    assert rows.shape == (len(classes), 100 if source == "glove" else 384)
    assert torch.allclose(rows.square().mean(1), torch.ones(len(classes)))
    assert torch.equal(rows[2], label_embeddings(source, classes[2:3])[0])


def test_glove_tells_everyday_classes_apart_but_not_digits():
    assert mean_cosine(shipped_embeddings("glove", AV_DIGITS)) == pytest.approx(0.82, abs=0.005)
    assert mean_cosine(shipped_embeddings("glove", AV_EVERYDAY)) == pytest.approx(0.20, abs=0.01)


@pytest.mark.parametrize("source", SHIPPED)
def test_instruments_are_closer_to_each_other_than_to_rain(source):
    guitar, mandolin, rain = torch.nn.functional.normalize(
        shipped_embeddings(source, ("guitar", "mandolin", "rain"))
    )
    assert guitar @ mandolin > guitar @ rain


def test_every_class_has_one_sentence():
    path = VECTORS.with_name("descriptions.json")
    prompts = read_prompts(path, [*AV_DIGITS, *AV_EVERYDAY])
    assert [len(texts) for texts in prompts] == [1] * 24
    assert all(
        name in texts[0].lower() for name, texts in json.loads(path.read_text()).items() if "cry" not in name
    )


def test_other_classes_are_refused_in_one_line():
    with pytest.raises(LeapError, match=r"^label embeddings 'glove': no vector of the class 'kettle' ships"):
        label_embeddings("glove", ("dog", "kettle"))
