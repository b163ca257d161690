"""The one error class for what a user can mend."""


class LeapError(Exception):
    """A bad file, value or request; the message is one line: what is wrong, where, what to do.

    The command line prints the message and exits with status 2.
    """
