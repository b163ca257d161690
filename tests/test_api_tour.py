import doctest

from tests.tree import ROOT


def test_the_examples_of_the_tour_run_as_they_stand():
    text = (ROOT / "book" / "api.md").read_text(encoding="utf-8").replace("```", "")
    tour = doctest.DocTestParser().get_doctest(text, {}, "api.md", None, 0)
    assert len(tour.examples) > 20
    result = doctest.DocTestRunner().run(tour)
    assert result.failed == 0
