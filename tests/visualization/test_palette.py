from leap.experiments.chapters import losses, scale
from leap.visualization.palette import (
    AUDIO,
    FIXED_COLOURS,
    LEAP,
    MMIL,
    OTHER_COLOURS,
    SYSTEM_COLOURS,
    VISUAL,
    line_colours,
)


def test_systems_keep_their_colours_in_any_company():
    assert line_colours(["MMIL", "LEAP"]) == {"MMIL": MMIL, "LEAP": LEAP}
    colours = line_colours(["HAN", "LEAP", "CMPAE"])
    assert colours == {"HAN": OTHER_COLOURS[0], "LEAP": LEAP, "CMPAE": OTHER_COLOURS[1]}


def test_further_lines_never_look_like_mmil_or_leap():
    names = [f"system {number}" for number in range(3 * len(OTHER_COLOURS))]
    assert not {MMIL, LEAP, AUDIO, VISUAL} & set(line_colours(names).values())


def test_variants_have_colours_of_their_own_beside_their_system():
    names = ["MMIL", "MMIL + 2 blocks", "LEAP", "LEAP, denoised", "LEAP N=3", "ours"]
    colours = line_colours(names)
    assert len(set(colours.values())) == len(names)
    assert (colours["MMIL"], colours["LEAP"]) == (MMIL, LEAP)
    assert colours["LEAP, denoised"] == SYSTEM_COLOURS["LEAP"][1]
    assert colours["ours"] == OTHER_COLOURS[0]


def test_lines_that_are_no_systems_have_fixed_colours_which_differ():
    assert line_colours(["x", *FIXED_COLOURS]) == {"x": OTHER_COLOURS[0], **FIXED_COLOURS}
    assert len(set(FIXED_COLOURS.values())) == len(FIXED_COLOURS)
    assert not {MMIL, LEAP} & set(FIXED_COLOURS.values())


def test_lines_that_are_no_systems_have_the_colours_of_their_names():
    assert {scale.BASELINE, losses.WITHOUT} <= set(FIXED_COLOURS)
