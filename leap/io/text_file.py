"""Read text files as other programs write them."""

import json
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

NOT_TEXT = "neither UTF-8 nor UTF-16 text"


def read_text(path: Path) -> str:
    """Read a text file in UTF-8 or UTF-16, with or without a byte-order mark.

    Windows PowerShell writes UTF-16, and some editors put a mark before UTF-8. Line ends become LF.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is in neither encoding.
    """
    try:
        with open_text(path) as file:
            return file.read()
    except UnicodeDecodeError:
        raise ValueError(NOT_TEXT) from None


def open_text(path: Path) -> TextIO:
    """Open a text file for reading, in the encodings of `read_text`.

    Raises:
        OSError: the file cannot be read.
    """
    file = path.open("rb")
    try:
        return TextIOWrapper(file, json.detect_encoding(file.peek(4)[:4]))
    except OSError:
        file.close()
        raise


def decode(content: bytes) -> str:
    """Decode the content of a text file, in the encodings of `read_text`.

    Raises:
        ValueError: the content is in neither encoding.

    Example:
        >>> decode("é".encode("utf-16"))
        'é'
    """
    try:
        return content.decode(json.detect_encoding(content[:4]))
    except UnicodeDecodeError:
        raise ValueError(NOT_TEXT) from None
