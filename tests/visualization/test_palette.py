from leap.visualization.palette import LEAP, MMIL, OTHER_COLOURS, line_colours


def test_systems_keep_their_colours_in_any_company():
    assert line_colours(["MMIL", "LEAP"]) == {"MMIL": MMIL, "LEAP": LEAP}
    colours = line_colours(["HAN", "LEAP", "CMPAE"])
    assert colours == {"HAN": OTHER_COLOURS[0], "LEAP": LEAP, "CMPAE": OTHER_COLOURS[1]}


def test_further_lines_never_look_like_mmil_or_leap():
    names = [f"system {number}" for number in range(3 * len(OTHER_COLOURS))]
    assert not {MMIL, LEAP} & set(line_colours(names).values())
