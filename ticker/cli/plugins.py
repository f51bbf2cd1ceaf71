"""Commands of other packages: the entry-point group ``ticker.commands``, each a ``click.Command``.

`ticker inspect` comes in this way. A plug-in is imported when its command is named or listed.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

from ticker.cli.failure import Failure

GROUP = "ticker.commands"


def installed_commands() -> dict[str, EntryPoint]:
    """The entry points of all installed packages by name, sorted. Imports none."""
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def load_command(point: EntryPoint) -> click.Command:
    """The command. For one that can't be imported, a command that says so: the others must still work."""
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - third-party code: whatever its import raises
        return _broken(point, f"importing it failed: {type(error).__name__}: {error}")
    if not isinstance(loaded, click.Command):
        return _broken(point, f"{point.value} is not a click command")
    return loaded


def _broken(point: EntryPoint, why: str) -> click.Command:
    def refuse() -> None:
        raise Failure(f"the command {point.name!r} is broken: {why}")

    # Any arguments lead to the same error.
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(point.name, context_settings=settings, callback=refuse, help=f"(broken: {why})")
