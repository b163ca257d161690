import pytest
import torch

from leap.data.videos import Videos


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
        )

    return make
