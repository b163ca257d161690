import subprocess
import sys
from pathlib import Path

import pytest

from tests.features.media.clips import numbered, tone, write_clip

MEASURE = """
import sys
import leap
from leap.visualization.timeline import clip_figure
parsed = leap.load("av-digits/leap").parse(sys.argv[1])
clip_figure(parsed.video, parsed.clip).savefig(sys.argv[1] + ".png")
print(parsed.clip.segments)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))  # KiB
"""

PER_SECOND = 2 * 128 * 4 + 8 * 10 * 8
"""Bytes of a second's features, and of the sums over windows: ten classes by eight outputs, at most."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_memory_of_a_long_clip_is_that_of_a_short_one_and_its_features(tmp_path):
    """The sound of eight minutes has 31 MB at 16 kHz, its frames 3 GB; the peak may rise by 16 MB."""
    peaks = []
    for seconds in (120, 600):
        pictures = numbered(2, height=240, width=320)
        path = write_clip(
            tmp_path / f"{seconds}.mkv", pictures, times=[0, seconds - 0.5], samples=tone(seconds)
        )
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
        )
        segments, peak = map(int, run.stdout.split())
        assert segments == seconds
        peaks.append(1024 * peak - PER_SECOND * seconds)
    assert peaks[1] < peaks[0] + 2**24, peaks
