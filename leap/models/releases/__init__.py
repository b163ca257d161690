"""Parsers from the checkpoints that the papers' authors released."""

from leap.models.releases.importing import (
    HEADS,
    RELEASES,
    from_release,
    read_checkpoint,
    release_model,
    release_widths,
)

__all__ = ["HEADS", "RELEASES", "from_release", "read_checkpoint", "release_model", "release_widths"]
