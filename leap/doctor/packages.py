"""Installed packages by their metadata, without importing them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import NamedTuple

from leap.doctor.finding import Finding

SECTION = "Packages"
NAME = "leap-avvp"
CORE = ""
"""Key of what the package needs without an extra."""

REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?")
EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
"""Name and extras of a requirement, and the extra to which it belongs."""


class Needs(NamedTuple):
    """What the package or an extra needs: distributions, and extras that it includes."""

    names: list[str]
    included: list[str]


def needs() -> dict[str, Needs]:
    """Extra → what it needs.

    Raises:
        PackageNotFoundError: this package is not installed, but imported from a folder.
    """
    found = {CORE: Needs([], [])}
    for line in requires(NAME) or []:
        requirement, extra = REQUIREMENT.match(line), EXTRA.search(line)
        if requirement:
            needed = found.setdefault(extra[1] if extra else CORE, Needs([], []))
            if requirement[1] == NAME:
                needed.included.extend(re.findall(r"[^,\s]+", requirement[2] or ""))
            else:
                needed.names.append(requirement[1])
    return found


def installed_version(name: str) -> str:
    """Version of a distribution; empty if it is not installed."""
    try:
        return version(name) or "of unknown version"
    except PackageNotFoundError:
        return ""


def package_findings() -> Iterator[Finding]:
    """The packages of the core, and of every extra."""
    try:
        needed = needs()
    except PackageNotFoundError:
        state = f"unknown, because {NAME} is imported from a folder without being installed"
        yield Finding(SECTION, "extras", state, f"pip install {NAME}")
        return
    for extra, need in needed.items():
        yield _finding(extra, need)


def _finding(extra: str, need: Needs) -> Finding:
    subject, package = (f"[{extra}]", f"{NAME}[{extra}]") if extra else ("core", NAME)
    versions = {name: installed_version(name) for name in need.names}
    missing = [name for name, found in versions.items() if not found]
    if missing:
        state = f"not installed; lacks {', '.join(missing)}"
        return Finding(SECTION, subject, state, f"pip install '{package}'", extra == CORE)
    parts = [f"{name} {found}" for name, found in versions.items()]
    return Finding(SECTION, subject, ", ".join(parts + [f"what [{other}] needs" for other in need.included]))
