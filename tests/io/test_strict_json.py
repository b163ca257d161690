import pytest

from leap.io.strict_json import parse_json


def test_a_value():
    assert parse_json('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": {"b": 1, "b": 1}}', "the key .b. occurs twice"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "limit"),
        ("{", "Expecting"),
        ('{"lr": NaN}', "NaN is not a finite number"),
        ("[Infinity]", "Infinity is not"),
        ("-Infinity", "-Infinity is not"),
        ("1e999", "1e999 is not a finite number"),
    ],
)
def test_what_is_no_json_or_ambiguous(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)
