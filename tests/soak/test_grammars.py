"""Whatever names, texts and nested values there are: what is written is read again, or refused at once."""

import json
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leap.config import AvssConfig, LossConfig, NoiseConfig, RunConfig, TrainConfig, read_config, to_dict
from leap.data.annotations import read_events, read_videos, write_events
from leap.data.names import spelled
from leap.data.store import FeatureStore, write_store
from leap.errors import LeapError
from leap.experiments.records import SCHEMA, Record, read_record, read_records, write_record, write_records
from leap.features.prompts import read_prompt_set
from leap.features.weights import MANIFEST, verify_weights
from leap.label_embeddings.prompts import read_classes, read_prompts
from tests.soak.campaign import cases

pytestmark = pytest.mark.slow

many = settings(max_examples=cases(40, 2000))

NAMES = st.text(st.characters(codec=None), max_size=6)
"""Names with tabs, line ends, halves of characters, or nothing in them."""

FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("grammars")


@st.composite
def labelled(draw):
    """Names of videos and of classes, and dense labels."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=spelled))
    classes = draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=spelled))
    return names, classes, draw(arrays(np.uint8, (len(names), 4, len(classes)), elements=st.integers(0, 1)))


def is_text(text):
    """Whether there are no halves of characters in a text."""
    return text.encode(errors="ignore").decode() == text


def can_stand_in_a_table(text):
    return bool(text) and text == text.strip() and not set("\t\r\n") & set(text) and is_text(text)


@many
@given(labelled())
def test_events(folder, labelled):
    names, classes, labels = labelled
    path = folder / "events.tsv"
    used = {names[n] for n, _, _ in np.argwhere(labels)} | {classes[c] for _, _, c in np.argwhere(labels)}
    if all(map(can_stand_in_a_table, used)):
        write_events(path, names, labels, classes)
        assert (read_events(path, names, classes, 4) == labels).all()
    else:
        with pytest.raises(LeapError, match="cannot be written to a table"):
            write_events(path, names, labels, classes)


@many
@given(st.lists(NAMES.filter(can_stand_in_a_table), min_size=1), st.booleans(), st.booleans())
def test_videos(folder, names, mark, returns):
    path, end = folder / "videos.tsv", "\r\n" if returns else "\n"
    text = end.join(["filename\tevent_labels", *(f"{name}\tdog,cat" for name in names)])
    path.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    assert read_videos(path, ("cat", "hen", "dog")).filenames == tuple(map(spelled, names))


@many
@given(st.lists(NAMES, max_size=4))
def test_class_lists(folder, names):
    path = folder / "classes.txt"
    path.write_bytes("\n".join(names).encode(errors="replace"))
    with suppress(LeapError):
        classes = read_classes(path)
        path.write_text("\n".join(classes), newline="")
        assert read_classes(path) == classes


@settings(max_examples=cases(15, 500))
@given(labelled(), arrays(np.float32, (3, 4, 2), elements=st.floats(-6e4, 6e4, width=16)))
def test_stores(folder, labelled, features):
    names, classes, labels = labelled
    split = dict.fromkeys(("audio", "visual_2d"), features[: len(names)])
    split |= dict.fromkeys(("pseudo_audio", "pseudo_visual", "true_audio", "true_visual"), labels)
    splits = dict.fromkeys(("train", "val", "test"), split | {"ids": names, "weak": labels.max(1)})
    write = partial(write_store, folder / "x.h5", dataset="any", provenance={}, splits=splits)
    if not all(map(is_text, (*names, *classes))) or any(name.endswith("\0") for name in names):
        with pytest.raises(LeapError, match=r"cannot be stored|damaged"):
            write(classes=classes)
        return
    write(classes=classes)
    with FeatureStore(folder / "x.h5") as store:
        videos = store.videos("val")
        assert (store.ids("val"), store.classes) == (tuple(names), tuple(classes))
        assert (videos.audio.numpy() == features[: len(names)]).all()
        assert (videos.true_visual.numpy() == labels).all()


TABLE = st.dictionaries(st.text(), FINITE, max_size=3)
RECORDS = st.builds(
    partial(Record, schema=SCHEMA, key="0" * 16, revision=2, seed=0),
    config=st.dictionaries(st.text(), VALUES, max_size=3),
    protocol=st.dictionaries(st.text(), VALUES, max_size=3),
    data=st.dictionaries(st.text(), st.text(), max_size=2),
    selection=TABLE,
    metrics=TABLE,
    per_video=st.dictionaries(st.text(), st.lists(FINITE, max_size=3), max_size=3),
    segments=st.dictionaries(st.text(), TABLE, max_size=2),
    history=st.lists(TABLE, max_size=2),
    code=st.dictionaries(st.text(), VALUES, max_size=2),
    libraries=st.dictionaries(st.text(), st.text(), max_size=2),
    device=st.dictionaries(st.text(), VALUES, max_size=2),
    seconds=FINITE,
    diagnostics=TABLE,
    readings=st.dictionaries(st.text(), TABLE, max_size=2),
)


@many
@given(RECORDS, RECORDS)
def test_records(folder, one, other):
    write_record(one, folder / "record.json")
    assert read_record(folder / "record.json") == one
    write_records([one, other], folder / "records.gz")
    assert read_records(folder / "records.gz") == [one, other]


CONFIGS = st.builds(
    RunConfig,
    dataset=st.text(),
    seed=st.integers(0, 2**31 - 1),
    loss=st.builds(
        LossConfig,
        avss=st.none() | st.builds(AvssConfig, weight=st.floats(0, 1e300, exclude_min=True)),
    ),
    train=st.builds(
        TrainConfig,
        lr=st.floats(0, 1e300, exclude_min=True),
        clip=st.none() | st.floats(0, 1e300, exclude_min=True),
        videos=st.none() | st.integers(1, 2**62),
        betas=st.tuples(*[st.floats(0, 1, exclude_max=True)] * 2),
    ),
    noise=st.builds(NoiseConfig, misses=st.floats(0, 1)),
)


@many
@given(CONFIGS)
def test_configs(folder, config):
    (folder / "config.json").write_text(json.dumps(to_dict(config)))
    assert read_config(folder / "config.json") == config


READERS = {
    "config.json": read_config,
    "prompts.json": lambda path: read_prompts(path, ("dog", "cat")),
    "prompt_set.json": lambda path: read_prompt_set(str(path)),
    "record.json": read_record,
    MANIFEST: lambda path: verify_weights("vggish", path.parent),
}


@pytest.mark.parametrize("name", READERS)
@many
@given(value=VALUES)
def test_any_json_is_understood_or_refused_in_one_line(folder, name, value):
    (folder / "vggish.safetensors").write_bytes(b"")
    (folder / name).write_text(json.dumps(value))
    if (name, value) == ("config.json", {}):
        assert READERS[name](folder / name) == RunConfig()
        return
    with pytest.raises(LeapError) as error:
        READERS[name](folder / name)
    assert str(error.value).isprintable()
