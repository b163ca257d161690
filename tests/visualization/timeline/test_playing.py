"""The page in a real browser, while its video plays."""

import json
import re
import subprocess
import threading
import time
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from leap.features.media import open_clip
from leap.inference.parsed_video import ParsedVideo
from leap.visualization.timeline.page import timeline_page
from tests.browser import CHROMIUM, needs_chromium
from tests.features.media.clips import tone, write_coded_clip

SECONDS, WAIT = 3, 5
HEARD = np.array([[1, 0], [1, 0], [0, 0]])
SEEN = np.array([[0, 0], [0, 1], [0, 1]])

PROBE = """
<script>
player.muted = true;
const seen = {};
player.addEventListener("timeupdate", () => requestAnimationFrame(() => {
  const rail = tracks.querySelector(".track"), left = cursor.offsetLeft - rail.offsetLeft;
  const bars = [...document.querySelectorAll(".event.now")].map(bar => bar.title);
  seen[Math.floor(player.currentTime)] = [now.textContent, left / rail.offsetWidth, player.currentTime, bars];
  document.title = JSON.stringify(seen);
}));
player.play();
</script>
<img src="/wait">
"""
"""Plays the video and keeps what is shown in its title; the picture keeps the browser until it has played."""


@pytest.fixture
def clip(tmp_path):
    """Three seconds in a format that browsers play."""
    pictures = [np.full((48, 64, 3), 9 * number, np.uint8) for number in range(8 * SECONDS)]
    sound = tone(SECONDS, rate=48_000)
    return open_clip(write_coded_clip(tmp_path / "film.webm", pictures, sound, "libvpx", "libopus"))


@pytest.fixture
def serve():
    """A function that serves a page, and the picture that takes its time; returns the address."""
    servers = []

    def start(html):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/wait":
                    time.sleep(WAIT)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *args):
                """Nothing is logged."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[0].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[0].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@needs_chromium
def test_the_timeline_plays_along_with_the_video(clip, serve):
    events = {"audio": HEARD, "visual": SEEN}
    truth = {"audio": SEEN, "visual": SEEN}
    video = ParsedVideo("film", ("dog", "car"), events, events, truth, {})
    address = serve(timeline_page(video, clip).replace("</html>", f"{PROBE}</html>"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    options += ["--autoplay-policy=no-user-gesture-required", address]
    dom = subprocess.run([CHROMIUM, *options], capture_output=True, text=True, timeout=120, check=True).stdout
    seen = json.loads(unescape(re.search("<title>(.*?)</title>", dom)[1]))
    assert {"0", "1", "2"} <= set(seen)
    assert [seen[second][0] for second in "012"] == ["heard: dog", "heard: dog · seen: car", "seen: car"]
    assert seen["1"][3] == ["dog, 0 to 2 s", "car, 1 to 3 s"]
    for text, place, at, _ in seen.values():
        assert place == pytest.approx(min(1, at / SECONDS), abs=0.05), text
    assert "Dark strips: ground truth." in dom
    assert dom.count('title="truth: car, 1 to 3 s"') == 2
