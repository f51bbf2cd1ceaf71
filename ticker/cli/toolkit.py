"""What a command that another package brings may use of the command line.

A package adds a command to ``ticker`` with an entry point in the group ``ticker.commands``: a ``click.Command``. These
names are public and stay; everything else in ``ticker.cli`` may change.

    Failure      raise it with one line for the user: ``ticker`` prints the line on stderr and exits with status 2
    printable    text from outside, without control characters: a terminal would obey them
    LoadingBar   a progress bar on a terminal for a load that takes longer than a second
    AMOUNT       the click type of an option that takes a finite number above 0
"""

from ticker.cli.failure import Failure, printable
from ticker.cli.loading import LoadingBar
from ticker.cli.numbers import AMOUNT

__all__ = ["AMOUNT", "Failure", "LoadingBar", "printable"]
