"""Stand-ins for the material of AV-Everyday, and for its networks."""

import numpy as np
import torch
from PIL import Image
from scipy.io import wavfile

from leap.data.av_everyday import Networks, sources

PITCHES = ("A3", "B3", "C4", "D4", "E4", "F4")
PHOTOGRAPHS = 10


def write_material(folder):
    """Material in which each class is a tone and a color of its own; two clips per Freesound recording."""
    for label, source in enumerate(sources.SOURCES.values()):
        for number, name in enumerate(sound_names(source.sound)):
            write_tone(folder / source.sound / name, 300 + 100 * label, seconds=0.4 + 0.01 * number)
        if source.picture:
            count = sources.FACES[-1] if source.picture.endswith("Faces") else PHOTOGRAPHS
            write_pictures(folder / source.picture, count, (20 * label, 255 - 20 * label, 0))
    write_pictures(folder / sources.BACKGROUND, PHOTOGRAPHS, (0, 0, 255))
    return folder


def sound_names(folder):
    if folder.startswith("audio/esc10"):
        return [f"{fold}-{1000 + fold}-{take}.ogg" for fold in range(1, 6) for take in "AB"]
    if folder.startswith("fsdd"):
        return [f"{digit}_{name}_0.wav" for digit in (0, 1) for group in sources.SPEAKERS for name in group]
    instrument = folder.split("/")[-1]
    return [
        f"{instrument}_{pitch}_very-long_{force}_normal.mp3"
        for pitch in PITCHES
        for force in ("forte", "piano")
    ]


def write_tone(path, hertz, seconds=0.4, rate=8000):
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = 8000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    with path.open("wb") as file:  # the content says what it is, not the suffix
        wavfile.write(file, rate, wave.astype(np.int16))


def write_pictures(folder, count, color):
    folder.mkdir(parents=True, exist_ok=True)
    suffix = "png" if "intel" in folder.parts else "jpg"
    for number in range(1, count + 1):
        shade = tuple(max(0, channel - number % 16) for channel in color)
        Image.new("RGB", (16, 12), shade).save(folder / f"image_{number:04d}.{suffix}", "PNG")


def stub_networks():
    """Networks that do not need weights: random projections of spectra and of reduced frames."""
    generator = torch.Generator().manual_seed(0)
    audio, visual, teacher = (
        torch.randn(size, generator=generator) for size in ((160, 140), (192, 150), (192, 130))
    )

    def hear(seconds):
        spectra = np.abs(np.fft.rfft(seconds))[:, :8000].reshape(len(seconds), 160, 50).mean(2)
        return torch.log1p(torch.from_numpy(spectra).float() @ audio.abs())

    def see(weights):
        def embed(frames):
            small = frames.reshape(len(frames), 8, 16, 8, 16, 3).mean((2, 4)).reshape(len(frames), -1)
            return torch.from_numpy(small).float() @ weights / 255

        return embed

    return Networks(hear, see(visual), see(teacher))
