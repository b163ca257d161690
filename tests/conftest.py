import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from leap.cli import main
from leap.config import (
    CmpaeConfig,
    CmpaeLossConfig,
    CosineSchedule,
    LeapConfig,
    LossConfig,
    ModelConfig,
    Protocol,
    RunConfig,
    TrainConfig,
)
from leap.data.store import FeatureStore, write_store
from leap.data.videos import Videos
from leap.experiments.runs import make_run
from tests.custom_tree import make_custom_tree
from tests.official_tree import write_annotations
from tests.recordings import write_tones

# the first call of a torch function is slow, and so is a machine that does other things besides
settings.register_profile("leap", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leap")


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def make_videos():
    """Random videos: ``make_videos(n, t, c, audio, visual)``."""

    def make(n=4, t=10, c=5, audio=6, visual=7, seed=0):
        generator = torch.Generator().manual_seed(seed)
        cube = [(torch.rand(n, t, c, generator=generator) < 0.3).float() for _ in range(2)]
        return Videos(
            audio=torch.randn(n, t, audio, generator=generator),
            visual_2d=torch.randn(n, t, visual, generator=generator),
            weak=torch.maximum(*cube).amax(dim=1),
            pseudo_audio=cube[0],
            pseudo_visual=cube[1],
            true_audio=cube[0],
            true_visual=cube[1],
            soft_audio=0.9 * cube[0],
            soft_visual=0.9 * cube[1],
        )

    return make


@pytest.fixture(scope="session")
def llp_annotations(tmp_path_factory):
    """Annotation files of LLP's form."""
    return write_annotations(tmp_path_factory.mktemp("annotations"), {"train": 300, "val": 60, "test": 90})


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """Stand-ins for the recordings of spoken digits: each digit is a tone of its own."""
    return write_tones(tmp_path_factory.mktemp("recordings"))


class Server:
    """A local web server of a folder, with resumable downloads.

    Attributes:
        url: its address.
        folder: what it serves.
        ranges: the ``Range`` header of every request, or None.
        cut: break connections off after so many bytes of a file; None for never.
        sent: bytes of content sent so far.
    """

    def __init__(self, folder):
        self.folder, self.ranges, self.cut, self.sent = folder, [], None, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                outer.answer(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request):
        path, asked = self.folder / request.path[1:], request.headers["Range"]
        self.ranges.append(asked)
        if not path.is_file():
            request.send_error(404)
            return
        content = path.read_bytes()
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and start >= len(content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        self.sent += len(content[start:][: self.cut])
        request.wfile.write(content[start:][: self.cut])


@pytest.fixture
def server(tmp_path_factory):
    served = Server(tmp_path_factory.mktemp("served"))
    with served.http:
        threading.Thread(target=served.http.serve_forever, daemon=True).start()
        yield served
        served.http.shutdown()


def tiny_split(videos, seed):
    """A split of 4 segments and 3 classes whose features show the labels."""
    rng = np.random.default_rng(seed)
    truth = {m: (rng.random((videos, 4, 3)) < 0.4).astype(np.uint8) for m in ("audio", "visual")}
    features = {m: truth[m] @ np.eye(3, 5) * 3 + rng.normal(scale=0.3, size=(videos, 4, 5)) for m in truth}
    return {
        "ids": [f"clip-{seed}-{i}" for i in range(videos)],
        "audio": features["audio"],
        "visual_2d": features["visual"],
        "weak": np.maximum(truth["audio"], truth["visual"]).max(axis=1),
        **{f"{kind}_{m}": truth[m] for kind in ("pseudo", "true") for m in truth},
    }


def tiny_splits():
    """Splits of 24, 8 and 6 videos."""
    sizes = {"train": 24, "val": 8, "test": 6}
    return {split: tiny_split(n, seed) for seed, (split, n) in enumerate(sizes.items())}


@pytest.fixture(scope="session")
def make_tiny_store():
    """Write the data set ``tiny``: ``make_tiny_store(path, **what differs)``."""

    def make(path, **changes):
        values = {"dataset": "tiny", "classes": ("cat", "dog", "hen"), "provenance": {}}
        write_store(path, **(values | {"splits": tiny_splits()} | changes))
        return path

    return make


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory, make_tiny_store):
    return make_tiny_store(tmp_path_factory.mktemp("tiny") / "tiny.h5")


@pytest.fixture(scope="session")
def tiny_store(tiny_path):
    with FeatureStore(tiny_path) as store:
        yield store


@pytest.fixture(scope="session")
def weak_path(tmp_path_factory, make_tiny_store):
    """The data set ``tiny`` with weak labels only in train, as LLP has them."""
    splits = tiny_splits()
    del splits["train"]["true_audio"], splits["train"]["true_visual"]
    return make_tiny_store(tmp_path_factory.mktemp("weak") / "weak.h5", splits=splits)


@pytest.fixture(scope="session")
def weak_store(weak_path):
    with FeatureStore(weak_path) as store:
        yield store


@pytest.fixture(scope="session")
def tiny_config():
    model = ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12)
    train = TrainConfig(epochs=2, batch=4, lr=3e-2, schedule=CosineSchedule(warmup=2))
    return RunConfig(dataset="tiny", model=model, train=train)


@pytest.fixture(scope="session")
def cmpae_config(tiny_config):
    """CMPAE at the size of ``tiny_config``, with label denoising and thresholds chosen on val."""
    return replace(
        tiny_config,
        model=CmpaeConfig(width=8, ffn=12),
        loss=LossConfig(basic=CmpaeLossConfig()),
        protocol=Protocol(segment=0.25, gate="modality", gate_threshold=0.45),
        thresholds_on_val=True,
    )


@pytest.fixture(scope="session")
def tiny_results(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def tiny_records(tiny_config, tiny_store, tiny_results):
    """Records of seeds 0 and 1, which lie in ``tiny_results``."""
    return [make_run(replace(tiny_config, seed=seed), tiny_store, tiny_results) for seed in (0, 1)]


@pytest.fixture
def leap(monkeypatch, capsys):
    """Run the command in this process: ``leap(*arguments)`` gives status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["leap", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def refused(leap):
    """The one line on stderr of a command that has to fail."""

    def run(*arguments):
        status, out, err = leap(*arguments)
        assert status == 2
        assert out == ""
        assert err.startswith("leap: ")
        assert err.count("\n") == 1
        return err

    return run


@pytest.fixture
def custom_root(tmp_path):
    """Root of a small custom data set."""
    return make_custom_tree(tmp_path)
