import subprocess
import sys
from pathlib import Path

import pytest

from tests.features.media.clips import numbered, tone, write_clip

MEASURE = """
import sys
from leap.features.media import audio_seconds, frames, open_clip
clip = open_clip(sys.argv[1])
for made in (frames(clip), audio_seconds(clip)):
    for _ in made:
        pass
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))  # KiB
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_memory_does_not_grow_with_length(tmp_path):
    """Of 120 s of such frames there are 220 MB; the peak may rise by 16."""
    peaks = []
    for seconds in (5, 120):
        pictures = numbered(2, height=240, width=320)
        path = write_clip(
            tmp_path / f"{seconds}.mkv", pictures, times=[0, seconds - 0.5], samples=tone(seconds)
        )
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
        )
        peaks.append(int(run.stdout))
    assert peaks[1] < peaks[0] + 2**14, peaks
