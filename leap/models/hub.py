"""Parsers on the Hugging Face Hub."""

from pathlib import Path

from leap.errors import LeapError


def snapshot(repository: str) -> Path:
    """Download a parser's files from the Hub, or find them in its cache.

    Raises:
        LeapError: huggingface_hub is not installed, or there is no such repository.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise LeapError(f"{repository}: no such path; for the Hub install leap-avvp[text]") from None
    try:
        return Path(snapshot_download(repository, allow_patterns=["config.json", "model.safetensors"]))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise LeapError(f"{repository}: neither a path nor on the Hub ({reason})") from None
