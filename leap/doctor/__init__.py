"""What works in this installation and what is missing, each with the command that gets it.

`examine` asks what needs no import in this process, and everything else in a process of its own, so that
whatever is broken is reported and breaks nothing.
"""

from leap.doctor.examination import examine
from leap.doctor.report import as_markdown, core_problems

__all__ = ["as_markdown", "core_problems", "examine"]
