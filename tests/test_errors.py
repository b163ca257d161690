import json

import pytest

from leap.errors import LeapError, require


def test_a_message_is_one_line_that_can_be_printed():
    assert str(LeapError("Öl und 'x': no class")) == "Öl und 'x': no class"
    assert str(LeapError("a\nb\r\x1b[2J\u2028\ud800")) == r"a\nb\r\x1b[2J\u2028\ud800"


def test_an_import_that_an_extra_lacks_names_the_extra():
    assert require("json", "media") is json
    with pytest.raises(
        LeapError, match=r"^no_such_package is not installed: pip install 'leap-avvp\[media\]'$"
    ):
        require("no_such_package.part", "media")


def test_a_missing_module_of_the_package_itself_is_not_blamed_on_an_extra():
    with pytest.raises(ModuleNotFoundError):
        require("leap.no_such_room", "media")
