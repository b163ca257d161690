import json

import pytest

from leap.errors import LeapError
from leap.label_embeddings.prompts import names_as_prompts, read_classes, read_prompts

CLASSES = ("Dog", "Frying_(food)")
PROMPTS = {"Frying_(food)": ["a pan hisses"], "Dog": ["a dog barks", "a barking dog"]}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_names():
    assert names_as_prompts(CLASSES) == [["dog"], ["frying food"]]


def test_prompts_come_in_class_order(tmp_path):
    path = write(tmp_path / "p.json", PROMPTS)
    assert read_prompts(path, CLASSES) == [["a dog barks", "a barking dog"], ["a pan hisses"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"Dog": ["x"]}, r"no prompts for Frying_\(food\)"),
        (PROMPTS | {"Cat": ["y"]}, "no class Cat"),
        ("{", "not JSON"),
        ([], "not a JSON object"),
        (PROMPTS | {"Dog": []}, "'Dog' needs a list of texts with words"),
        (PROMPTS | {"Dog": "a dog"}, "'Dog' needs a list of texts with words"),
        (PROMPTS | {"Dog": ["…"]}, "'Dog' needs a list of texts with words"),
    ],
)
def test_bad_prompts(content, message, tmp_path):
    with pytest.raises(LeapError, match=message):
        read_prompts(write(tmp_path / "p.json", content), CLASSES)
    with pytest.raises(LeapError, match="cannot be read"):
        read_prompts(tmp_path / "none.json", CLASSES)


def test_classes(tmp_path):
    assert read_classes(write(tmp_path / "c.txt", "one\n\n two \n")) == ("one", "two")
    with pytest.raises(LeapError, match="holds no class names; write them one per line"):
        read_classes(write(tmp_path / "c.txt", "\n"))
    with pytest.raises(LeapError, match=r"c\.txt:3: 'one' stands already in line 1; remove one"):
        read_classes(write(tmp_path / "c.txt", "one\n\none\n"))
    for content, name in (("one\tone\n", r"one\\tone"), ("one\n…\n", "…")):
        with pytest.raises(LeapError, match=f"'{name}' is not a class name"):
            read_classes(write(tmp_path / "c.txt", content))
    with pytest.raises(LeapError, match="no such file; give a file of class names"):
        read_classes(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dog\n\ncat\ndog\n", r"c\.txt:4: 'dog' stands already in line 1; remove one"),
        ("dog\nDog \n", r"c\.txt:2: 'Dog' stands already in line 1 as 'dog'; remove one"),
        ("Caf\u00e9\nCafe\u0301\n", r"c\.txt:2: 'Caf\u00e9' stands already in line 1; remove one"),
    ],
)
def test_repeated_classes_are_named_with_both_lines(tmp_path, content, message):
    with pytest.raises(LeapError, match=message):
        read_classes(write(tmp_path / "c.txt", content))


def test_names_have_one_spelling(tmp_path):
    assert read_classes(write(tmp_path / "c.txt", "Cafe\u0301\ndog")) == ("Caf\u00e9", "dog")
    path = write(tmp_path / "p.json", {"dog": ["a"], "Cafe\u0301": ["b"]})
    assert read_prompts(path, ("Caf\u00e9", "dog")) == [["b"], ["a"]]
    path = write(tmp_path / "p.json", {"Caf\u00e9": ["a"], "Cafe\u0301": ["b"]})
    with pytest.raises(LeapError, match="has prompts for Caf\u00e9 twice; unite them"):
        read_prompts(path, ("Caf\u00e9",))


def test_a_class_a_line_whatever_marks_the_lines(tmp_path):
    (tmp_path / "c.txt").write_bytes("\ufeffone\r\ntwo\u2028three\rfour".encode())
    assert read_classes(tmp_path / "c.txt") == ("one", "two\u2028three", "four")
