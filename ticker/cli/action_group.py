"""A group of commands whose common options may stand before or after the command's name.

``ticker replay --url URL pause`` and ``ticker replay pause --url URL`` are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click


class ActionGroup(click.Group):
    """A group whose commands have options in common: those with a name that all of them have.

    An option that is given on both sides has the value after the command's name.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._command_first(ctx, args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shared = dict.fromkeys(self._shared().values())
        records = [record for option in shared if (record := option.get_help_record(ctx)) is not None]
        if records:
            with formatter.section("Options of all commands, before or after the command"):
                formatter.write_dl(records)
        super().format_options(ctx, formatter)

    def _shared(self) -> Mapping[str, click.Option]:
        """The common options by each of their names, such as ``--url``."""
        by_command = [
            {name: param for param in command.params if isinstance(param, click.Option) for name in _names(param)}
            for command in self.commands.values()
        ]
        if not by_command:
            return {}
        first, *others = by_command
        return {name: option for name, option in first.items() if all(name in each for each in others)}

    def _command_first(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        """The arguments with the common options behind the command's name."""
        shared, options, rest = self._shared(), list[str](), list(args)
        while rest and (option := shared.get(rest[0].partition("=")[0])) is not None:
            takes_value = not option.is_flag and not option.count and "=" not in rest[0]
            options += rest[: 2 if takes_value else 1]
            del rest[: 2 if takes_value else 1]
        if rest and not rest[0].startswith("-"):
            return [rest[0], *options, *rest[1:]]
        if options and not rest:
            ctx.fail(f"Missing command: one of {', '.join(self.list_commands(ctx))}.")
        return rest  # --help, or an option that is unknown here: click says so


def _names(option: click.Option) -> tuple[str, ...]:
    return (*option.opts, *option.secondary_opts)
