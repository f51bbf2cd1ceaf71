"""Commands that other packages bring: the entry-point group ``ticker.commands``, each a ``click.Command``.

The built-in feeds bring ``inspect`` this way. This module imports no plug-in before its command is named or listed.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

from ticker.cli.failure import Failure

GROUP = "ticker.commands"


def installed_commands() -> dict[str, EntryPoint]:
    """Those of every package that is installed, by name, sorted. Nothing is imported."""
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def load_command(point: EntryPoint) -> click.Command:
    """The command; one that can't be imported is a command all the same, which says so: the others must work."""
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - third-party code: whatever its import raises
        return _broken(point, f"it can't be imported: {type(error).__name__}: {error}")
    if not isinstance(loaded, click.Command):
        return _broken(point, f"{point.value} is no click command")
    return loaded


def _broken(point: EntryPoint, why: str) -> click.Command:
    def refuse() -> None:
        raise Failure(f"the command {point.name!r} is broken: {why}")

    # Whatever is asked of it, the answer is why it doesn't work.
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(point.name, context_settings=settings, callback=refuse, help=f"(broken: {why})")
