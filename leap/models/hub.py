"""Parsers on the Hugging Face Hub."""

from pathlib import Path

from leap.errors import LeapError, require


def snapshot(repository: str) -> Path:
    """Download a parser's files from the Hub, or find them in its cache.

    Raises:
        LeapError: there is no such path and huggingface_hub is not installed, or there is no such repository.
    """
    try:
        hub = require("huggingface_hub", "text")
    except LeapError as error:
        raise LeapError(f"{repository}: no such path, and the Hub cannot be asked: {error}") from None
    try:
        return Path(hub.snapshot_download(repository, allow_patterns=["config.json", "model.safetensors"]))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise LeapError(f"{repository}: neither a path nor on the Hub ({reason})") from None
