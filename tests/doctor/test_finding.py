import pytest

from leap.doctor.finding import Finding, failure, guarded

FOUND = Finding("a", "b", "c")


def failing(error):
    yield FOUND
    raise error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ValueError("one\ntwo"), "cannot be examined (ValueError: one)"),
        (SystemExit("no licence"), "cannot be examined (SystemExit: no licence)"),
        (PermissionError(13, "Permission denied"), "cannot be examined (PermissionError: permission denied)"),
        (AssertionError(), "cannot be examined (AssertionError)"),
    ],
)
def test_what_a_check_raises_is_a_finding_after_those_before(error, state):
    assert list(guarded("s", "x", lambda: failing(error), True)) == [
        FOUND,
        Finding("s", "x", state, "", True),
    ]


def test_the_user_can_interrupt():
    with pytest.raises(KeyboardInterrupt):
        list(guarded("s", "x", lambda: failing(KeyboardInterrupt())))


def test_a_failure_names_its_type_once():
    assert failure(OSError("")) == "OSError"
    assert failure(KeyError("k")) == "KeyError: lacks 'k'"
