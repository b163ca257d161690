"""Import checkpoints that the papers' authors released."""

from leap.releases.importing import (
    RELEASES,
    from_release,
    release_model,
    release_widths,
)

__all__ = ["RELEASES", "from_release", "release_model", "release_widths"]
