"""The dates of registered claims against the committed records and, where a checkout has it, the history."""

import subprocess
from datetime import date
from functools import cache

import pytest
import yaml

from leap.experiments.claims import AFTERWARDS, registered_claims, registry
from leap.experiments.grid import result_name
from leap.experiments.records import read_records
from tests.tree import ROOT

PATH = "leap/experiments/claims.yaml"
RESTING = [(notebook, dataset) for notebook, dates in registry().first_runs.items() for dataset in dates]
"""Chapters and data sets with first runs."""


def git(*arguments):
    """Output of a git command; empty without git, or where the clone lacks the commit."""
    command = ["git", *arguments]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def entries(commit):
    """Id → entry of ``claims.yaml`` at a commit."""
    text = git("show", f"{commit}:{PATH}")
    return {entry["id"]: entry for entry in yaml.safe_load(text)["claims"]} if text else {}


@cache
def commits(notebook, dataset):
    """The commits that made a chapter's records on a data set."""
    found = set()
    for name in {notebook, result_name(notebook, dataset)}:
        path = ROOT / "results" / "records" / f"{name}.jsonl.gz"
        records = read_records(path) if path.exists() else []
        found |= {record.code["commit"] for record in records if record.data["name"] == dataset}
    return found


def test_every_chapter_with_claims_dates_its_records():
    for notebook in {claim.chapter for claim in registered_claims()}:
        dated = registry().first_runs.get(notebook, {})
        assert [name for name in registry().data_sets if commits(notebook, name)] == sorted(dated), notebook


@pytest.mark.parametrize(("notebook", "dataset"), RESTING)
def test_the_first_run_is_not_later_than_the_code_of_the_records(notebook, dataset):
    days = [git("show", "-s", "--format=%as", commit).strip() for commit in commits(notebook, dataset)]
    if not all(days):
        pytest.skip("the clone lacks the commit")
    assert registry().first_runs[notebook][dataset] <= date.fromisoformat(min(days))


@pytest.mark.parametrize(("notebook", "dataset"), RESTING)
def test_a_claim_that_was_registered_before_its_runs_was_in_the_code_that_made_them(notebook, dataset):
    now = yaml.safe_load((ROOT / PATH).read_text(encoding="utf-8"))["claims"]
    before = {c.id for c in registered_claims(notebook) if registry().status(c, dataset) != AFTERWARDS}
    for commit in commits(notebook, dataset):
        then = entries(commit)
        if before and not then:
            pytest.skip("the clone lacks the commit")
        for entry in (entry for entry in now if entry["id"] in before):
            assert {name: value for name, value in entry.items() if name != "chapter"} == {
                name: value for name, value in then[entry["id"]].items() if name != "chapter"
            }


def test_no_claim_is_dated_before_the_commit_that_registered_it():
    if git("rev-parse", "--is-shallow-repository").strip() != "false":
        pytest.skip("the clone lacks the history")
    history = git("log", "--reverse", "--format=%H %as", "--", PATH).split("\n")
    first: dict[str, date] = {}
    for commit, day in (line.split() for line in history if line):
        first = dict.fromkeys(entries(commit), date.fromisoformat(day)) | first
    for claim in registered_claims():
        assert claim.registered >= first.get(claim.id, claim.registered), claim.id
