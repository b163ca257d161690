from leap.errors import LeapError


def test_a_message_is_one_line_that_can_be_printed():
    assert str(LeapError("Öl und 'x': no class")) == "Öl und 'x': no class"
    assert str(LeapError("a\nb\r\x1b[2J\u2028\ud800")) == r"a\nb\r\x1b[2J\u2028\ud800"
