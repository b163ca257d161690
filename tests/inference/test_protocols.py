import pytest

from leap.config import Protocol
from leap.errors import LeapError
from leap.inference.protocols import CHOSEN_ON_VAL, PROTOCOLS, named_protocol


def test_protocols_are_those_of_the_releases():
    assert {name for name, protocol in PROTOCOLS.items() if protocol == Protocol()} == {
        "han",
        "mm-pyr",
        "valor",
        "leap",
        "uwav",
    }
    assert PROTOCOLS["jomold"] == PROTOCOLS["lsld"] == Protocol(gate="modality")
    assert named_protocol("coleaf") == Protocol(0.25, "modality", 0.52)
    assert named_protocol("nrep") == PROTOCOLS["cmpae"] == Protocol(0.25, "modality", 0.45)
    with pytest.raises(LeapError, match="unknown protocol 'mine'; known are han, mm-pyr"):
        named_protocol("mine")


def test_class_thresholds_need_a_gate_per_modality():
    assert {PROTOCOLS[name].gate for name in CHOSEN_ON_VAL} == {"modality"}
