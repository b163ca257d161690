"""The commands that sign and verify scores, among them those of the book's page."""

import json
import re
import shlex

import numpy as np
import pytest

from leap.data.annotations import read_annotations, write_events
from leap.data.llp import sources
from leap.inference.scored_predictions import tables_on_llp
from leap.inference.signed_scores import truth_sha256
from tests.tree import ROOT

PAGE = (ROOT / "book" / "llp.md").read_text(encoding="utf-8").partition("## Signed scores")[2]
OF_TABLES, OF_PARSER = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
PRINTED = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def here(tmp_path, monkeypatch, llp_annotations):
    """A working folder with annotations, which count as official, and tables."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llp").mkdir()
    (tmp_path / "llp" / "annotations").symlink_to(llp_annotations)
    truth = read_annotations(llp_annotations, "test")
    rng = np.random.default_rng(0)
    for path, labels in (("audio.tsv", truth.audio), ("visual.tsv", truth.visual)):
        write_events(path, truth.filenames, labels ^ (rng.random(labels.shape) < 0.01))
    official = truth_sha256(tables_on_llp(llp_annotations, "test", "audio.tsv", "visual.tsv"))
    monkeypatch.setitem(sources.TRUTH_SHA256, "test", official)
    return tmp_path


@pytest.fixture
def run_lines(leap):
    """Run lines of a page; returns what each prints."""

    def run(lines):
        printed = []
        for line in lines.splitlines():
            status, out, err = leap(*shlex.split(line)[1:])
            assert (status, err) == (0, ""), line
            printed.append(out)
        return printed

    return run


def test_the_page_signs_and_verifies_tables(run_lines, here):
    signed, alone, with_tables = run_lines(OF_TABLES)
    assert signed == "my_parser.json\n"
    assert "the scores were not compared with tables\n" in alone
    assert re.sub(r"\d{4}-\d\d-\d\d", "2026-01-31", with_tables) == PRINTED


def test_the_page_signs_and_verifies_a_parser(run_lines, here):
    signed, verified = run_lines(OF_PARSER)
    assert signed.split() == ["leap_digits.json", "leap_digits_audio.tsv", "leap_digits_visual.tsv"]
    assert verified.endswith("the scores follow from the tables\n")
    values = json.loads((here / "leap_digits.json").read_text())
    assert (values["dataset"], values["videos"], values["protocol"]["gate"]) == ("av-digits", 800, "video")
    run_lines(OF_PARSER)  # its own files, and those tables, are replaced


SIGN = ("predictions", "sign", "--system", "x", "--out", "x.json")
ON_LLP = ("--annotations", "llp/annotations", "--audio", "audio.tsv", "--visual", "visual.tsv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give the tables --audio and --visual, or --model and --data"),
        (("--model", "av-digits/leap"), "or --model and --data"),
        (("--model", "av-digits/leap", "--annotations", "llp/annotations"), "or --model and --data"),
        (("--audio", "audio.tsv"), "give both --audio and --visual, or neither"),
        (("--audio", "audio.tsv", "--visual", "visual.tsv"), "give --annotations, for LLP, or --data"),
        ((*ON_LLP, "--data", "av-digits"), "give --annotations, for LLP, or --data"),
        ((*ON_LLP, "--model", "av-digits/leap"), "leave out --model"),
        ((*ON_LLP, "--split", "train"), "dense labels"),
        ((*ON_LLP, "--protocol", "nosuch"), "unknown protocol 'nosuch'"),
        ((*ON_LLP, "--system", "a\nb"), "system: must be one line"),
        ((*ON_LLP, "--system", ""), "system: "),
        ((*ON_LLP, "--out", "x.txt"), "end the name with it"),
        ((*ON_LLP, "--out", "audio.tsv"), "end the name with it"),
    ],
)
def test_wrong_options_are_one_line_and_write_nothing(options, message, refused, here):
    assert message in refused(*SIGN, *options)
    assert not list(here.glob("x.*"))


def test_a_file_of_others_is_not_replaced(refused, leap, here):
    (here / "x.json").write_text("{}")
    assert "holds something that leap did not write" in refused(*SIGN, *ON_LLP)
    assert leap(*SIGN, *ON_LLP, "--force")[0] == 0
    assert leap(*SIGN, *ON_LLP)[0] == 0


def test_a_stated_protocol_is_that_of_the_release(leap, here):
    assert leap(*SIGN, *ON_LLP, "--protocol", "cmpae")[0] == 0
    assert json.loads((here / "x.json").read_text())["protocol"]["segment"] == 0.25


def test_what_does_not_belong_together_is_refused(leap, refused, here, monkeypatch):
    monkeypatch.delenv("LEAP_DATA", raising=False)
    leap(*SIGN, *ON_LLP)
    swapped = ("--annotations", "llp/annotations", "--audio", "visual.tsv", "--visual", "audio.tsv")
    assert "visual.tsv: is not the audio table of x that was signed" in refused(
        "predictions", "verify", "x.json", *swapped
    )
    assert "only the signature is checked" in refused("predictions", "verify", "x.json", *ON_LLP[:2])
    assert "set LEAP_DATA" in refused("predictions", "verify", "x.json", *ON_LLP[2:])
    content = (here / "x.json").read_text()
    (here / "x.json").write_text(content.replace('"system": "x"', '"system": "y"'))
    assert "x.json: was changed after it was signed" in refused("predictions", "verify", "x.json")
