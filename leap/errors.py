"""The one error class for what a user can mend."""


class LeapError(Exception):
    """A bad file, value or request; the message is one line: what is wrong, where, what to do.

    What cannot be printed in a line, such as a line end in a name that a file holds, is escaped. The command
    line prints the message and exits with status 2.
    """

    def __str__(self) -> str:
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())
