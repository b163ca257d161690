import pytest
import torch
from safetensors.torch import save_file

from leap.data.classes import AV_EVERYDAY, LLP
from leap.data.names import folded
from leap.errors import LeapError
from leap.features.taggers.classes import (
    audioset_classes,
    imagenet_classes,
    select_classes,
    tabled_classes,
    undetectable,
)
from tests.features.taggers.stubs import audioset_names, write_stub_weights
from tests.fetched import fetched_weights

NAMES = tuple(audioset_names())


def test_imagenet_has_a_thousand_names_that_differ():
    names = imagenet_classes()
    assert len({name.casefold() for name in names}) == len(names) == 1000
    places = {
        0: "tench",
        7: "cock",
        151: "Chihuahua",
        223: "schipperke",
        268: "Mexican hairless",
        281: "tabby",
    }
    places |= {
        402: "acoustic guitar",
        409: "analog clock",
        491: "chain saw",
        776: "sax",
        999: "toilet tissue",
    }
    assert {number: names[number] for number in places} == places


def test_every_class_of_llp_is_heard_and_sixteen_are_seen():
    table = dict(zip(LLP, select_classes(LLP, NAMES), strict=True))
    assert tuple(one.name for one in table.values()) == LLP
    assert all(one.heard for one in table.values())
    assert table["Dog"].seen == tuple(range(151, 269))  # the 118 breeds
    assert table["Cat"].seen == tuple(range(281, 286))
    assert undetectable(tuple(table.values())) == {
        "audio": (),
        "visual": (
            *("Speech", "Cheering", "Fire_alarm", "Singing", "Baby_laughter", "Helicopter"),
            *("Baby_cry_infant_cry", "Blender", "Clapping"),
        ),
    }


def test_every_class_of_av_everyday_is_heard_and_seven_are_seen():
    classes = select_classes(AV_EVERYDAY, NAMES)
    assert tuple(one.name for one in classes) == AV_EVERYDAY
    seen = {one.name: {imagenet_classes()[number] for number in one.seen} for one in classes if one.seen}
    assert len(seen.pop("dog")) == 118
    assert seen == {
        "rooster": {"cock", "hen"},
        "sea": {"breakwater", "promontory", "sandbar", "seashore"},
        "clock": {"analog clock", "digital clock", "digital watch", "stopwatch", "wall clock"},
        "guitar": {"acoustic guitar", "electric guitar"},
        "saxophone": {"sax"},
        "chainsaw": {"chain saw"},
    }
    assert undetectable(classes)["audio"] == ()


def test_a_class_of_two_data_sets_is_tabled_once_and_named_as_it_was_asked_for():
    table = [folded(name) for name in tabled_classes(NAMES)]
    assert len(set(table)) == len(table) == len(LLP) + len(AV_EVERYDAY) - 4
    assert {*map(folded, LLP), *map(folded, AV_EVERYDAY)} == set(table)
    (llp,), (everyday,), (other,) = (select_classes([name], NAMES) for name in ("Dog", "dog", "DOG"))
    assert (llp.name, everyday.name, other.name) == ("Dog", "dog", "Dog")
    assert (llp.heard, llp.seen) == (everyday.heard, everyday.seen) == (other.heard, other.seen)


@pytest.mark.slow
def test_every_tag_of_the_table_is_a_class_of_audioset():
    names = audioset_classes(fetched_weights("yamnet"))
    assert len(set(names)) == 521
    assert names[:2] == ("Speech", "Child speech, kid speaking")
    assert all(one.heard for one in tabled_classes(names).values())


def test_names_stand_for_themselves_but_for_those_of_the_table():
    speech, bark, collie, both, dog = select_classes(
        ["SPEECH", "Bark", "Collie", "ACCORDION", " frying (food)"], NAMES
    )
    assert (speech.name, len(speech.heard), speech.seen) == ("Speech", 5, ())
    assert bark == type(bark)("Bark", (NAMES.index("Bark"),), ())
    assert (collie.name, collie.heard, collie.seen) == ("Collie", (), (231,))
    assert (both.heard, both.seen) == ((NAMES.index("Accordion"),), (401,))
    assert (dog.name, dog.seen) == ("Frying_(food)", (567, 909))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["barking"], "no tagger knows 'barking'; the nearest names are 'Bark', "),
        (["Dog", "schiperke"], "no tagger knows 'schiperke'; the nearest names are 'schipperke', "),
        (["Dog", "dog"], "the class 'dog' is named twice"),
        (["", " "], "no classes; name some"),
    ],
)
def test_names_that_no_tagger_knows_are_refused(names, message):
    with pytest.raises(LeapError, match=f"^{message}") as raised:
        select_classes(names, NAMES)
    assert "\n" not in str(raised.value)


def test_names_of_sounds_lie_in_the_weights(tmp_path):
    assert audioset_classes(write_stub_weights(tmp_path)) == NAMES
    save_file({"a": torch.zeros(1)}, tmp_path / "yamnet.safetensors")
    with pytest.raises(LeapError, match=r"yamnet\.safetensors: no names of classes"):
        audioset_classes(tmp_path)
    (tmp_path / "yamnet.safetensors").write_bytes(b"")
    with pytest.raises(LeapError, match=r"yamnet\.safetensors: no names of classes"):
        audioset_classes(tmp_path)
