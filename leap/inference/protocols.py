"""Decoding protocols of the public releases."""

from leap.config import Protocol
from leap.errors import LeapError

PROTOCOLS = {
    "han": Protocol(),
    "mm-pyr": Protocol(),
    "valor": Protocol(),
    "leap": Protocol(),
    "uwav": Protocol(),
    "jomold": Protocol(gate="modality"),
    "lsld": Protocol(gate="modality"),
    "cmpae": Protocol(segment=0.25, gate="modality", gate_threshold=0.45),
    "coleaf": Protocol(segment=0.25, gate="modality", gate_threshold=0.52),
    "nrep": Protocol(segment=0.25, gate="modality", gate_threshold=0.45),
}
"""Decoding protocol of each release; CMPAE's also has class thresholds, see `leap.inference.thresholds`."""

CHOSEN_ON_VAL = ("cmpae",)
"""Systems whose visual gate has one threshold per class, chosen on the validation split."""


def named_protocol(name: str) -> Protocol:
    """The protocol of a public release.

    >>> named_protocol("jomold").gate
    'modality'

    Raises:
        LeapError: no release has that name.
    """
    if name not in PROTOCOLS:
        raise LeapError(f"unknown protocol {name!r}; known are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
