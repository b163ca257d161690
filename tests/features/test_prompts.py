import json

import pytest

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.features.prompts import SOFTMAX_THRESHOLD, Prompt, read_prompt_set


def test_valors_prompts_are_complete():
    valor = read_prompt_set("valor")
    assert tuple(valor.classes) == LLP
    assert valor.scores == "logits"
    seen, heard = valor.of("pseudo_visual"), valor.of("pseudo_audio")
    assert [p.threshold for p in seen] == [
        20, 15, 18, 14, 15, 18, 18, 15, 15, 15, 15, 18, 15, 15, 15, 15, 15, 15, 15, 16, 14, 15, 15, 15, 18,
    ]  # fmt: skip
    assert [p.threshold for p in heard] == [
        0, 0, 1, 4, 6, -2, 4, 4, 2, 2, 2, 1, 2, 3, 0, 2, 2, 2, 0, 2, -1, 2, 3, 3, 0,
    ]  # fmt: skip
    assert all(p.text.startswith("A photo of ") and p.text.endswith(".") for p in seen)
    assert heard[LLP.index("Baby_cry_infant_cry")].text == "This is a sound of baby cry, infant cry"


def test_class_names_become_prompts(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("Tap_running\nknife (chop)\n")
    found = read_prompt_set(str(path))
    assert found.scores == "softmax"
    assert list(found.classes) == ["Tap_running", "knife (chop)"]
    assert found.classes["Tap_running"].seen.text == "A photo of tap running."
    assert found.classes["knife (chop)"].heard == Prompt("This is a sound of knife chop", SOFTMAX_THRESHOLD)


@pytest.mark.parametrize("other", ["Cafe\u0301", "caf\u00e9", "Caf\u00e9 "])
def test_classes_that_cannot_be_told_apart_are_refused(tmp_path, other):
    one = {"seen": {"text": "x"}, "heard": {"text": "y"}}
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps({"scores": "softmax", "classes": {"Caf\u00e9": one, "dog": one, other: one}}))
    with pytest.raises(LeapError, match=f"the classes Caf\u00e9 and {other} are the same name; remove one"):
        read_prompt_set(str(path))
    path.write_text(json.dumps({"scores": "softmax", "classes": {"Cafe\u0301": one}}))
    assert list(read_prompt_set(str(path)).classes) == ["Caf\u00e9"]


def test_prompts_that_are_not_understood_are_refused_in_one_line(tmp_path):
    path = tmp_path / "prompts.json"
    heard = {"text": "y"}
    good = {"scores": "softmax", "classes": {"a": {"seen": {"text": "x"}, "heard": heard}}}
    path.write_text(json.dumps(good))
    assert read_prompt_set(str(path)).of("pseudo_audio") == [Prompt("y", SOFTMAX_THRESHOLD)]
    for bad, where in (
        ({**good, "classes": {}}, "classes: "),
        ({**good, "scores": "cosine"}, "scores: "),
        ({**good, "more": 1}, "more: "),
        ({**good, "classes": {"a": {"seen": {"text": ""}, "heard": heard}}}, r"classes\.a\.seen\.text: "),
        ([], "Input should be an object"),
    ):
        path.write_text(json.dumps(bad))
        with pytest.raises(LeapError, match=f"prompts.json: {where}") as raised:
            read_prompt_set(str(path))
        assert "\n" not in str(raised.value)
    for text in ("{", '{"scores": "softmax", "scores": "logits"}', "[" * 10**5):
        path.write_text(text)
        with pytest.raises(LeapError, match=r"prompts.json: not JSON \("):
            read_prompt_set(str(path))
    with pytest.raises(LeapError, match=r"missing\.json: no such file; give a JSON file"):
        read_prompt_set(str(tmp_path / "missing.json"))
