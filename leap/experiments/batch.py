"""Several runs in one process, as ``leap run`` makes them."""

import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from leap.config import RunConfig, from_dict, not_json, read_config_text
from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments.runs import RECORD, check_run, check_writable, make_run, run_folder
from leap.io.reason import describe, reason
from leap.io.strict_json import parse_json


def read_configs(path: Path) -> list[RunConfig]:
    """Read run configs from a file or, for ``-``, from standard input.

    Args:
        path: a JSON document that is one config, or JSON lines, each a config.

    Raises:
        LeapError: the file cannot be read, is not JSON, or does not describe runs.
    """
    return _parse(*read_config_text(path))


def _parse(text: str, source: str) -> list[RunConfig]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    try:
        return [from_dict(parse_json(text), source)]
    except ValueError as error:
        if len(lines) < 2 or not _is_json(lines[0][1]):
            raise not_json(source, error) from None
    return [_parse(line, f"{source}, line {number}")[0] for number, line in lines]


def _is_json(line: str) -> bool:
    try:
        parse_json(line)
    except ValueError:
        return False
    return True


def make_batch(configs: Sequence[RunConfig], data: str, results: Path, device: str = "cpu") -> Iterator[Path]:
    """Make runs one after the other and yield the path of each record.

    A run that has a record is not made again. When one of several runs fails, its error is printed to stderr
    and the others are still made; the error of a single run is raised.

    Args:
        configs: the runs.
        data: name or path of their data set; empty for the data set that each config names.
        results: folder of results.
        device: device to train on.

    Raises:
        LeapError: a run cannot be made or ``results`` cannot be written (raised before any training), or one
            of several runs failed (raised after all others are made).
    """
    with ExitStack() as opened:
        names = dict.fromkeys(config.dataset for config in configs)
        stores = {name: opened.enter_context(open_dataset(data or name)) for name in names}
        yield from _make_all(configs, stores, results, device)


def _make_all(
    configs: Sequence[RunConfig], stores: Mapping[str, FeatureStore], results: Path, device: str
) -> Iterator[Path]:
    """`make_batch` with the opened data sets by name."""
    paths = [run_folder(config, stores[config.dataset], results) / RECORD for config in configs]
    missing = [config for config, path in zip(configs, paths, strict=True) if not path.exists()]
    for config in missing:
        check_run(config, stores[config.dataset])
    if missing:
        check_writable(results)
    failed = 0
    for config, path in zip(configs, paths, strict=True):
        try:
            make_run(config, stores[config.dataset], results, device)
        except Exception as error:
            if len(configs) == 1:
                raise
            _report(error, path)
            failed += 1
        else:
            yield path
    if failed:
        raise LeapError(f"{failed} of {len(configs)} runs failed, as shown above; the others are made")


def _report(error: Exception, path: Path) -> None:
    line = str(error) if isinstance(error, LeapError) else describe(error)
    if not line:
        traceback.print_exception(error)
    print(f"leap: {path.parent}: {line or reason(error)}", file=sys.stderr)
