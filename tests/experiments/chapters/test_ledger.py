from dataclasses import replace

import numpy as np
import pytest

from leap.experiments.chapter import Chapter
from leap.experiments.chapters import ledger
from leap.experiments.chapters.ledger import CLAIMS, Claim, grid, readable, tally


@pytest.fixture
def one_claim(monkeypatch):
    """A ledger of one claim about some systems of one chapter."""

    def make(**changes):
        claim = Claim("it helps", "ours", Chapter("02"), system="A", baseline="B", **changes)
        monkeypatch.setattr(ledger, "CLAIMS", (claim,))

    return make


ALL = np.ones(6, bool)


def test_p_values_are_adjusted_for_the_number_of_measured_claims(monkeypatch, make_record):
    """Three claims of p = .03 each: every interval excludes 0, and no adjusted p decides."""
    ours = make_record(0, 50.0)
    gains = [0.1, 0.0, 0.1, 0.2, 0.0, 0.1]
    ours = replace(ours, per_video={name: list(0.5 + np.array(gains)) for name in ours.per_video})
    claim = Claim("it helps", "ours", Chapter("02"), system="A", baseline="B")
    runs = {"02: A": [ours], "02: B": [make_record(0, 50.0)]}
    for number, verdict in ((1, "supported"), (3, "inconclusive")):
        monkeypatch.setattr(ledger, "CLAIMS", (*[claim] * number, Claim("it is so", "paper")))
        table = ledger.ledger(runs, ALL)
        assert table["verdict"].tolist() == [verdict] * number + ["not testable here"]
        assert table["adjusted"].tolist() == pytest.approx(
            [number * table["p"][0]] * number + [np.nan], nan_ok=True
        )
        assert (table["low"][:number] > 0).all()


def test_verdicts_follow_the_interval(one_claim, make_record):
    one_claim(published="+1.0")
    for ours, verdict in ((55.0, "supported"), (45.0, "contradicted"), (50.0, "inconclusive")):
        runs = {"02: A": [make_record(0, ours)], "02: B": [make_record(0, 50.0)]}
        (row,) = ledger.ledger(runs, ALL).to_dict("records")
        assert (row["verdict"], row["published"], row["n"]) == (verdict, "+1.0", 1)
        assert row["difference"] == pytest.approx(ours - 50.0)


def test_only_overlapping_videos_where_the_claim_says_so(one_claim, make_record):
    one_claim(overlapping=True)
    ours = make_record(0, 50.0)
    ours = replace(ours, per_video={name: [0.9] + 5 * [0.1] for name in ours.per_video})
    runs = {"02: A": [ours], "02: B": [make_record(0, 50.0)]}
    (row,) = ledger.ledger(runs, np.arange(6) == 0).to_dict("records")
    assert row["difference"] == pytest.approx(40.0)


def test_diagnostics_are_paired_by_seed_against_a_diagnostic_or_a_constant(one_claim, make_record):
    found = {"peak_audio": 90.0, "chance_audio": 50.0, "similarity_correlation": 0.6}
    runs = {
        "02: A": [make_record(seed, diagnostics=found | {"peak_audio": 90.0 + seed}) for seed in (0, 1)],
        "02: B": [make_record(seed, diagnostics=found | {"similarity_correlation": 0.5}) for seed in (1, 2)],
    }
    for measure, against, expected in (
        ("peak_audio", "chance_audio", 41.0),
        ("peak_audio", 75.0, 16.0),
        ("similarity_correlation", "", 10.0),
    ):
        one_claim(measure=measure, against=against)
        (row,) = ledger.ledger(runs, ALL).to_dict("records")
        assert (row["difference"], row["n"]) == (pytest.approx(expected), 1)


def test_found_of_segments_by_the_number_of_events(one_claim, make_record):
    one_claim(measure="audio_2: ap")
    ours, theirs = make_record(0), make_record(0)
    ours, theirs = (
        replace(record, segments=record.segments | {"audio_2": {"ap": ap}})
        for record, ap in ((ours, 84.0), (theirs, 82.5))
    )
    (row,) = ledger.ledger({"02: A": [ours], "02: B": [theirs]}, ALL).to_dict("records")
    assert (row["measured"], row["verdict"]) == ("average precision, audio", "inconclusive")  # of one value
    assert np.isinf(row["high"])
    assert row["difference"] == pytest.approx(1.5)


def test_what_cannot_be_tested_says_so(monkeypatch):
    monkeypatch.setattr(ledger, "CLAIMS", (Claim("it is so", "paper"),))
    table = ledger.ledger({}, ALL)
    assert table["verdict"].tolist() == ["not testable here"]
    assert tally(table) == "Of 1 entries: 1 not testable here."


def test_readable(one_claim, make_record):
    one_claim()
    runs = {"02: A": [make_record(0, 55.0)], "02: B": [make_record(0, 50.0)]}
    table = readable(ledger.ledger(runs, ALL))
    assert table.loc["supported", "claim"] == "it helps"
    assert table.loc["supported", "measured"].startswith("evt Event@AV: +5.0 [")
    assert table.loc["supported", "measured"].endswith(", adjusted p < .001, 1 seed (02)")


def test_the_main_claim_names_its_loss_and_another_loss_stands_beside_it(make_record):
    for claim in CLAIMS:
        assert "parses better than MMIL" not in claim.text or "nder L_basic" in claim.text
    valor, leap = f"21_audit: {ledger.OTHER_LOSS}", "02_leap_vs_mmil: LEAP"
    (config, *_), (baseline, *_) = (grid("full", "av-digits")[name] for name in (valor, leap))
    assert (config.model.encoder.name, config.model.encoder.layers) == ("han", 1)
    assert (config.model.decoder.name, config.loss.basic.name) == ("mmil", "valor")
    assert (baseline.model.decoder.name, baseline.loss.basic.name) == ("leap", "leap")
    table = ledger.other_loss({valor: [make_record(0, 55.0)], leap: [make_record(0, 50.0)]})
    words = ledger.other_loss_in_words(table)
    assert words.startswith("MMIL with VALOR's loss minus LEAP with L_basic: seg Type@AV +5.0 [")
    assert words.endswith("; 1 paired seed (21_audit).")
    assert valor not in grid("paper", "llp")


def test_every_claim_has_its_runs_and_every_number_its_source():
    runs = grid("smoke", "av-digits")
    for claim in CLAIMS:
        assert claim.source
        if claim.chapter is not None:
            assert {claim.run_name(name) for name in claim.names()} <= runs.keys()
    assert len({claim.text + claim.measure for claim in CLAIMS}) == len(CLAIMS)
