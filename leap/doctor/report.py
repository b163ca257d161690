"""The report as Markdown, which is plain text in a terminal, without personal paths."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from leap.doctor.finding import Finding
from leap.errors import LeapError

LONGEST = 500
"""Characters of a state; messages of foreign libraries may be longer."""


def as_markdown(findings: Iterable[Finding]) -> str:
    """Format findings for a terminal and for the text of an issue.

    The home folder is written ``~``, and the user's name in other paths ``<user>``.

    Args:
        findings: the findings, those of a section one after the other.
    """
    parts = ["### leap doctor"]
    for section, some in groupby(findings, lambda finding: finding.section):
        parts.append("\n".join([f"**{section}**", "", *map(_line, some)]))
    return "\n\n".join(parts)


def core_problems(findings: Iterable[Finding]) -> list[str]:
    """Subjects of the findings because of which the core does not work."""
    return [finding.subject for finding in findings if finding.stops_core]


def without_personal_paths(text: str) -> str:
    """Replace the home folder by ``~``, and the user's name as a part of other paths by ``<user>``."""
    for home in sorted(_homes(), key=len, reverse=True):
        text = re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text)
    user = _user()
    return re.sub(rf"(?<=[/\\]){re.escape(user)}(?![\w.-])", "<user>", text) if user else text


def _homes() -> set[str]:
    """Paths of the home folder; none where the system knows none."""
    try:
        home = Path.home()
        return {str(home), os.path.realpath(home)} - {home.root}
    except (OSError, RuntimeError):
        return set()


def _user() -> str:
    """Name of the user; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _line(finding: Finding) -> str:
    state = without_personal_paths(_on_one_line(finding.state))
    remedy = without_personal_paths(_on_one_line(finding.remedy))
    return f"- {finding.subject}: {state}" + (f"; `{remedy}`" if remedy else "")


def _on_one_line(text: str) -> str:
    escaped = str(LeapError(" ".join(text.splitlines())))
    return escaped if len(escaped) <= LONGEST else f"{escaped[:LONGEST]}…"
