"""Times on the axis of a timeline, of seconds or of hours."""

LONG = 60
"""Seconds above which a timeline is an overview: of coarser bins, with hours and minutes on its axis."""

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)
"""Seconds from one mark of an axis to the next."""


def clock(seconds: int) -> str:
    """A time as minutes and seconds, and as hours where there are some.

    Example:
        >>> clock(75), clock(3675)
        ('1:15', '1:01:15')
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def marks(segments: int, most: int) -> list[int]:
    """Evenly spaced times from 0 to the end of a video: multiples of the first of `STEPS` with few enough.

    Args:
        segments: length of the video in seconds.
        most: largest number of steps.

    Example:
        >>> marks(3600, 6)
        [0, 600, 1200, 1800, 2400, 3000, 3600]
    """
    step = next((step for step in STEPS if segments <= most * step), STEPS[-1])
    return list(range(0, segments + 1, step))
