"""Committed records of a chapter's runs, which stand in for the runs."""

from collections.abc import Iterator
from pathlib import Path

from leap.config import RunConfig
from leap.experiments.chapter import Chapter
from leap.experiments.chapters import CHAPTERS
from leap.experiments.grid import Profile
from leap.experiments.records import Record, read_records
from leap.training.run import REVISION


def committed_records(
    chapter: Chapter, profile: Profile, dataset: str, folder: Path, checksum: str
) -> dict[RunConfig, Record]:
    """Committed records of the current revision and data among a chapter's runs, by config.

    Records on simulated data count whatever the checksum of their data: rounding in the simulation depends on
    the machine, so the checksum that another machine finds says nothing.

    Args:
        chapter: the chapter.
        profile: profile of its runs.
        dataset: its data set.
        folder: folder of results with the committed records.
        checksum: checksum of the data set; ignored if it is simulated.

    Raises:
        LeapError: a file of records is damaged.
    """
    wanted, simulated = set(chapter.configs(profile, dataset)), chapter.simulations(profile)
    found: dict[RunConfig, Record] = {}
    for path in _files(chapter, dataset, folder):
        if found.keys() == wanted:
            break
        for record in read_records(path):
            current = record.data["name"] in simulated or record.data["checksum"] == checksum
            if current and record.revision == REVISION and (config := record.run_config()) in wanted:
                found[config] = record
    return found


def _files(chapter: Chapter, dataset: str, folder: Path) -> Iterator[Path]:
    """Committed files of records on a data set: the chapter's own first, then those that may share runs."""
    for other in (chapter, *(other for other in CHAPTERS if other != chapter)):
        path = folder / "records" / f"{other.result_name(other.notebook, dataset)}.jsonl.gz"
        if path.exists():
            yield path
