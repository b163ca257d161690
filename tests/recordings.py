"""Stand-ins for the recordings of spoken digits."""

import numpy as np
from scipy.io import wavfile

from leap.data.av_digits import sources
from leap.data.av_digits.rendering import RATE


def write_tones(folder):
    """Recordings under the names of the real ones, in which each digit is a tone of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in {name for role in sources.ROLES.values() for name in role.files()}:
        digit, _, take = name.removesuffix(".wav").split("_")
        time = np.arange(2000 + 40 * int(take)) / RATE
        wave = 8000 * np.sin(2 * np.pi * (300 + 300 * int(digit)) * time)
        wavfile.write(folder / name, RATE, wave.astype(np.int16))
    return folder
