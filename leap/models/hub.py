"""Download parsers from the Hugging Face Hub."""

from pathlib import Path

from leap.errors import LeapError, require
from leap.io.reason import reason


def snapshot(repository: str) -> Path:
    """Download ``config.json`` and ``model.safetensors`` of a repository, or find them in the Hub's cache.

    Args:
        repository: name such as ``"owner/name"``.

    Returns:
        Folder of the files.

    Raises:
        LeapError: huggingface_hub is not installed, or the repository does not exist or cannot be reached.
    """
    try:
        hub = require("huggingface_hub", "text")
    except LeapError as error:
        raise LeapError(f"{repository}: no such path, and the Hub cannot be asked: {error}") from None
    try:
        return Path(hub.snapshot_download(repository, allow_patterns=["config.json", "model.safetensors"]))
    except (OSError, ValueError) as error:
        raise LeapError(f"{repository}: neither a path nor on the Hub ({reason(error)})") from None
