"""What only imports and files tell; `leap.doctor.examination` runs this module in a process of its own."""

from __future__ import annotations

import json

from leap.doctor import core, data, networks
from leap.doctor.finding import Check, guarded

MARK = "leap-doctor "
"""Start of the lines that hold findings; a module that is imported may print others."""

CHECKS: tuple[tuple[str, str, Check, bool], ...] = (
    (core.SECTION, "core", core.core_findings, True),
    (core.SECTION, "device", core.device_findings, False),
    (data.SECTION, "data sets", data.data_findings, True),
    (networks.SECTION, "shipped parsers", networks.parser_findings, False),
    (networks.SECTION, "weights", networks.weight_findings, False),
)
"""Section, subject, check, and whether the core does not work if the check fails."""


def main() -> None:
    """Print every finding as a line of JSON as soon as it is known, because an import may end the process."""
    for section, subject, check, stops_core in CHECKS:
        for finding in guarded(section, subject, check, stops_core):
            print(f"\n{MARK}{json.dumps(finding)}", flush=True)
