"""Public weights on this machine, for the tests that need them."""

import pytest

from leap.features.weights import networks_of, weights_folder, weights_path


def fetched_weights(name):
    """The folder of weights if it has a network or a group; else the test is skipped."""
    folder = weights_folder()
    for network in networks_of([name]):
        if not weights_path(network, folder).exists():
            pytest.skip(f"no weights of {network}; `leap weights fetch {name}` gets them")
    return folder
