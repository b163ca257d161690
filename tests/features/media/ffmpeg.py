"""The ffmpeg program: media files made by it, and decoded by it independently of the package."""

import re
import subprocess
from functools import cache

import imageio_ffmpeg
import numpy as np

FPS = 8
RATE = 16_000


@cache
def program():
    return imageio_ffmpeg.get_ffmpeg_exe()


def ffmpeg(*arguments, log="error"):
    """Run the program; its output and its messages."""
    command = [program(), "-nostdin", "-hide_banner", "-y", "-v", log, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout, done.stderr.decode()


def decode_audio(path, channels):
    """Start of the sound in seconds, and the mean of its channels at 16 kHz, (n,)."""
    output, messages = ffmpeg(
        "-copyts", "-i", path, "-map", "0:a:0", "-af", f"ashowinfo,aresample={RATE}", "-f", "f32le", "-",
        log="info",
    )  # fmt: skip
    start = re.search(r"n:\s*0 .*pts_time:(\S+)", messages)
    return float(start[1]), np.frombuffer(output, "<f4").reshape(-1, channels).mean(axis=1)


def decode_frames(path):
    """Times of all frames in seconds, (n,), and the frames, (n, height, width, 3)."""
    output, messages = ffmpeg(
        "-copyts", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", "showinfo",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-",
        log="info",
    )  # fmt: skip
    times = [float(time) for time in re.findall(r"n:\s*\d+ .*pts_time:(\S+)", messages)]
    width, height = map(int, re.findall(r"s:(\d+)x(\d+)", messages)[-1])
    return np.array(times), np.frombuffer(output, np.uint8).reshape(len(times), height, width, 3)


def shown(times, frames, origin, count):
    """The frames shown at 0, 1/8, … s from the origin; the first also stands for times before it."""
    moments = np.arange(count) / FPS
    indices = np.searchsorted(times - origin, moments + 1e-6, side="right") - 1
    return frames[np.maximum(indices, 0)]
