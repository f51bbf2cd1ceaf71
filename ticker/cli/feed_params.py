"""A feed's options as options of a command: parsed with the command's own, and shown in its help, grouped by feed.

An option that is a list takes all words up to the next option, as a shell's pattern gives them, and may be repeated.
Only the feed that was chosen is imported when the command runs; all of them are for its help, and to say whose option
it was that the chosen one doesn't have. This module knows no server.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ticker.cli.failure import Failure
from ticker.errors import FeedError

if TYPE_CHECKING:
    from ticker.cli.catalogue import Listing, Option

_CHOSEN = "ticker.feed"
_DEFAULTED = "ticker.feed.defaulted"
#: Feeds' options are kept apart from the command's own by this: it can't stand in a field's name.
_MARK = "feed:"
_TYPES: dict[str, Any] = {"number": click.FLOAT, "whole number": click.INT}


class FeedParam(click.Option):
    """An option of a feed. Its value goes to the feed as it is, or is None (a list: empty) if it wasn't given."""

    def __init__(self, option: Option) -> None:
        kind = click.Choice(option.choices) if option.choices else _TYPES.get(option.kind, click.STRING)
        super().__init__(
            ["/".join(option.flags)],
            type=click.BOOL if option.is_flag else kind,
            is_flag=option.is_flag,
            multiple=option.is_list,
            default=None,
            envvar=option.variable,
            show_envvar=True,
            help=option.description,
            metavar=None if option.is_flag or option.choices else option.kind.upper(),
        )
        self.option = option
        self.name = _MARK + option.name

    def value_from_envvar(self, ctx: click.Context) -> Any:
        raw = self.resolve_envvar_value(ctx)
        if raw is None or not self.option.is_list:
            return super().value_from_envvar(ctx)
        return [part for part in raw.split(os.pathsep) if part] if self.option.is_paths else [raw]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        names, _ = super().get_help_record(ctx) or ("", "")
        notes = [f"env var: {self.option.variable}"]
        if self.option.required:
            notes.append("required")
        elif self.option.default is not None:
            notes.append(f"default: {self.option.default}")
        return names, f"{self.option.description}  [{'; '.join(notes)}]"


class FeedCommand(click.Command):
    """A command whose option ``--feed`` names the feed, and which takes that feed's options besides its own.

    The callback finds them with ``given_options``. If the command has an argument ``files``, these go to the feed's
    option of paths; and without ``--feed``, they make ``files_feed`` the feed.
    """

    def __init__(self, *args: Any, files_feed: str | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._files_feed = files_feed

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        chosen: list[FeedParam] = ctx.meta.get(_CHOSEN, [])
        return [*super().get_params(ctx), *chosen]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from ticker.cli.catalogue import listing, listings

        name = self._feed_name(ctx, list(args))
        try:
            chosen = listing(name)
            if chosen.broken:
                raise FeedError(chosen.broken)
        except FeedError:
            # Nobody knows which options there are; --help comes through all the same.
            ctx.ignore_unknown_options = ctx.allow_extra_args = True
            super().parse_args(ctx, args)
            raise
        ctx.meta[_CHOSEN] = params = [FeedParam(option) for option in chosen.options]
        try:
            rest = super().parse_args(ctx, _spread(args, params))
            ctx.params["feed"] = name
            _hand_over_files(ctx, name, params)
            return rest
        except click.NoSuchOption as error:
            owners = [f"the feed {feed.name}" for feed in listings() if _has(feed, error.option_name)]
            if not owners:
                raise
            whose = " and ".join(owners)
            raise Failure(f"{error.option_name} is an option of {whose}, not of {chosen.name}") from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ticker.cli.catalogue import listings

        ctx.meta[_CHOSEN] = []
        super().format_options(ctx, formatter)
        broken = []
        for feed in listings():
            records = [FeedParam(option).get_help_record(ctx) for option in feed.options]
            if records:
                with formatter.section(f"Options of the feed {feed.name}"):
                    formatter.write_dl([record for record in records if record is not None])
            if feed.broken:
                broken.append(feed.broken)
        for why in broken:
            formatter.write_paragraph()
            formatter.write_text(f"Warning: {why}")

    def _feed_name(self, ctx: click.Context, args: list[str]) -> str:
        """What ``--feed`` will turn out to be. Read before the rest, because the rest depends on it."""
        param = next(param for param in self.params if param.name == "feed")
        strict, ctx.ignore_unknown_options = ctx.ignore_unknown_options, True
        try:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
        finally:
            ctx.ignore_unknown_options = strict
        named = given.get("feed") or param.value_from_envvar(ctx)
        if not named and self._files_feed and self._has_files(ctx, args, self._files_feed):
            named = self._files_feed
        if not named:
            ctx.meta[_DEFAULTED] = True
        return str(named or param.get_default(ctx))

    def _has_files(self, ctx: click.Context, args: list[str], feed: str) -> bool:
        """Whether, taken for that feed, the words have files among them."""
        from ticker.cli.catalogue import listing

        if all(word.startswith("-") for word in args):
            return False
        params = [FeedParam(option) for option in listing(feed).options]
        ctx.meta[_CHOSEN] = params
        try:
            given, _, _ = self.make_parser(ctx).parse_args(_spread(args, params))
        except click.UsageError:
            return False
        finally:
            ctx.meta[_CHOSEN] = []
        files = given.get("files")  # where there are none, click has a mark of its own, or nothing
        return isinstance(files, tuple) and len(files) > 0


def given_options(params: Mapping[str, Any]) -> dict[str, object]:
    """Among a command's parameters, the feed's that were given, by the names of their fields."""
    return {
        name.removeprefix(_MARK): value
        for name, value in params.items()
        if name.startswith(_MARK) and value is not None and value != ()
    }


def _spread(args: list[str], params: list[FeedParam]) -> list[str]:
    """The words with ``--path a b`` made ``--path a --path b``, for the options that are lists."""
    flags = {given for param in params if param.option.is_list for given in param.option.flags}
    spread: list[str] = []
    current: str | None = None
    for number, word in enumerate(args):
        if word == "--":
            return spread + args[number:]
        if not word.startswith("-") or word == "-":
            spread += [word] if current is None else [current, word]
            continue
        given, equals, _ = word.partition("=")
        current = given if given in flags else None
        if current is None or equals:
            spread.append(word)
        elif number + 1 == len(args) or args[number + 1].startswith("--"):
            raise click.BadOptionUsage(word, f"Option {word!r} requires an argument.")
    return spread


def _hand_over_files(ctx: click.Context, feed: str, params: list[FeedParam]) -> None:
    files = ctx.params.get("files")
    if not files:
        return
    takers = [param.name for param in params if param.option.is_paths]
    if not takers or takers[0] is None:
        hint = "; did you mean --feed csv?" if ctx.meta.get(_DEFAULTED) else ""
        raise Failure(f"{files[0]}: the feed {feed} takes no files{hint}")
    ctx.params[takers[0]] = (*(ctx.params.get(takers[0]) or ()), *files)


def _has(feed: Listing, given: str) -> bool:
    return any(given in option.flags for option in feed.options)
