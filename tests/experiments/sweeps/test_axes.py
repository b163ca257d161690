import pytest

from leap.errors import LeapError
from leap.experiments.sweeps.axes import Choices, Range, parse_axis


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("train.lr=1e-4..1e-2", Range("train.lr", 1e-4, 1e-2)),
        ("train.lr=log:.001...1", Range("train.lr", 0.001, 0.1, log=True)),
        ("model.width=log:8..64", Range("model.width", 8, 64, log=True)),
        ("x=-2..3", Range("x", -2, 3)),
        ("x=1..2.5", Range("x", 1.0, 2.5)),
        ("x=0.1,0.2", Choices("x", ("0.1", "0.2"))),
        ("x=null,1", Choices("x", ("null", "1"))),
        ("x=glove,minilm", Choices("x", ('"glove"', '"minilm"'))),
        ("x=../a.npy, ../b.npy", Choices("x", ('"../a.npy"', '"../b.npy"'))),
        ("x=[0.9,0.99],[0.8,0.99]", Choices("x", ("[0.9, 0.99]", "[0.8, 0.99]"))),
        ('x={"name":"leap","heads":2}', Choices("x", ('{"name": "leap", "heads": 2}',))),
        ("x=true,maybe", Choices("x", ("true", '"maybe"'))),
        ("labels=a=b", Choices("labels", ('"a=b"',))),
    ],
)
def test_the_grammar(text, axis):
    found = parse_axis(text)
    assert found == axis
    if isinstance(found, Range):
        assert type(found.low) is type(found.high) is type(axis.low)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "write FIELD=VALUES"),
        ("train.lr", "write FIELD=VALUES"),
        ("=1,2", "write FIELD=VALUES"),
        ("train..lr=1,2", "write FIELD=VALUES"),
        ("train.lr=", "write FIELD=VALUES"),
        ("x=3..3", "the smaller one"),
        ("x=1..-1", "the smaller one"),
        ("x=log:0..1", "must be above 0"),
        ("x=log:1,2", "log: needs a range"),
        ("x=log:1..inf", "log: needs a range"),
        ("x=a,,b", "empty or occurs twice"),
        ("x=0.1,0.1", "empty or occurs twice"),
    ],
)
def test_what_is_no_axis_is_refused(text, message):
    with pytest.raises(LeapError, match=rf"^--set {text!r}: [^\n]*{message}"):
        parse_axis(text)


def test_integers_are_checked_one_by_one_unless_they_are_many():
    assert parse_axis("x=1..4").values_to_check() == [1, 2, 3, 4]
    assert parse_axis("x=1..500").values_to_check() == [1, 500]
    assert parse_axis("x=0.5..4").values_to_check() == [0.5, 4.0]


def test_what_is_drawn_becomes_a_value():
    choices = parse_axis('x=null,[1,2],"leap"')
    assert [choices.value(text) for text in choices.distribution().choices] == [None, [1, 2], "leap"]
    whole = parse_axis("x=log:1..8").distribution()
    assert (type(whole).__name__, whole.low, whole.high, whole.log) == ("IntDistribution", 1, 8, True)
    broken = parse_axis("x=0..1.0").distribution()
    assert (type(broken).__name__, broken.low, broken.high, broken.log) == ("FloatDistribution", 0, 1, False)
