"""``python -m leap`` is the ``leap`` command."""

from leap.cli import main

if __name__ == "__main__":
    main()
