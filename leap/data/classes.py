"""Names of the event classes of each data set, in label order."""

LLP: tuple[str, ...] = (
    "Speech",
    "Car",
    "Cheering",
    "Dog",
    "Cat",
    "Frying_(food)",
    "Basketball_bounce",
    "Fire_alarm",
    "Chainsaw",
    "Cello",
    "Banjo",
    "Singing",
    "Chicken_rooster",
    "Violin_fiddle",
    "Vacuum_cleaner",
    "Baby_laughter",
    "Accordion",
    "Lawn_mower",
    "Motorcycle",
    "Helicopter",
    "Acoustic_guitar",
    "Telephone_bell_ringing",
    "Baby_cry_infant_cry",
    "Blender",
    "Clapping",
)
"""The 25 classes of LLP in the order that every release uses, spelled as in the annotation files."""

AV_DIGITS: tuple[str, ...] = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)
"""The ten classes of AV-Digits; class ``c`` is the digit ``c``."""

AV_EVERYDAY: tuple[str, ...] = (
    "speech",
    "dog",
    "rooster",
    "sea",
    "clock",
    "helicopter",
    "guitar",
    "saxophone",
    "mandolin",
    "rain",
    "fire",
    "chainsaw",
    "baby cry",
    "sneeze",
)
"""The 14 classes of AV-Everyday: nine that can be heard and seen, then five that can only be heard."""


GROUP = 5
"""Size of the groups in which LLP-Sim's classes share parts; the number of classes is a multiple of it."""


def simulated_classes(number: int) -> tuple[str, ...]:
    """Names of LLP-Sim's classes: LLP's names if ``number`` is 25, else ``class 000``, ``class 001``, …."""
    return LLP if number == len(LLP) else tuple(f"class {index:03d}" for index in range(number))
