import json
from collections import Counter

import pytest

from leap.data.llp.check import RULES, check_annotations


@pytest.fixture
def folder(tmp_path):
    header = "filename\tevent_labels\n"
    (tmp_path / "AVVP_dataset_full.csv").write_text(header + "a\tCar\nb\tDog\nc\tCat\n")
    (tmp_path / "AVVP_train.csv").write_text(header + "a\tCar\na\tLion\n")
    (tmp_path / "AVVP_val_pd.csv").write_text(header + "b\tDog\n")
    (tmp_path / "AVVP_test_pd.csv").write_text(header + "b\tDog\nd\tCat\n")
    rows = ["b\t0\t3\tDog", "b\t0\t3\tDog", "b\t2\t5\tDog", "d\t4\t4\tCat", "d\t9\t0\tCat"]
    rows += ["d\t8\t11\tCat", "x\t0\t1\tCat", "KvIjsmANkxI_10_20`\t0\t1\tCat", "d\t0\t1.5\tCat"]
    header = "filename\tonset\toffset\tevent_labels\n"
    (tmp_path / "AVVP_eval_audio.csv").write_text(header + "\n".join(rows) + "\n")
    (tmp_path / "AVVP_eval_visual.csv").write_text(header + "d\t0\t1\tSpeech\n")
    return tmp_path


def test_every_kind_is_found_and_named(folder):
    findings = check_annotations(folder)
    counts = Counter(finding.kind for finding in findings)
    assert counts == dict.fromkeys(RULES, 1) | {"file": 6, "unreadable row": 2}
    what = {finding.kind: finding.what for finding in findings}
    assert what["reversed"] == "line 6: d 9–0 Cat"
    assert what["overlapping"] == "line 4: b 2–5 Dog, with line 2"
    assert what["weak differs from dense"] == "d, only weak: [], only dense: ['Speech']"
    assert what["in two splits"] == "line 2: b is in line 2 of AVVP_val_pd.csv too"
    assert what["listed twice"] == "line 3: a, first in line 2"


def test_every_copy_of_a_video_is_compared_with_its_dense_labels(folder):
    path = folder / "AVVP_val_pd.csv"
    path.write_text("filename\tevent_labels\nb\tCar\nb\tDog\n")
    found = [finding for finding in check_annotations(folder) if finding.kind == "weak differs from dense"]
    assert any(finding.what == "b, only weak: ['Car'], only dense: ['Dog']" for finding in found)


def test_command(leap, refused, folder):
    status, out, _ = leap("data", "check", "llp", "--annotations", folder)
    assert status == 0
    assert all(f"  {kind}: {rule}" in out for kind, rule in RULES.items())
    status, out, _ = leap("data", "check", "llp", "--annotations", folder, "--json", "--strict")
    assert status == 2
    assert len(json.loads(out)) == len(RULES) + 6
    assert "no such" in refused("data", "check", "llp", "--annotations", folder / "nowhere").lower()
    assert "unknown data set 'ave'" in refused("data", "check", "ave", "--annotations", folder)
