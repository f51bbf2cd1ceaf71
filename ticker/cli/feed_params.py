"""The options of feeds as options of a command: parsed with the command's own, and a section each in its help.

An option that is a list takes all words up to the next option, as a shell expands patterns, and may be repeated. A run
imports only the chosen feed; the help imports all, and so does the error that names the feed an option belongs to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ticker.cli.failure import Failure
from ticker.cli.server_options import ServeOption
from ticker.errors import FeedError

if TYPE_CHECKING:
    from ticker.cli.catalogue import Listing, Option

_CHOSEN = "ticker.feed"
_DEFAULTED = "ticker.feed.defaulted"
#: Prefix of the parameters' names. It can't occur in a field's name, so no parameter of the command is hidden.
_MARK = "feed:"
_TYPES: dict[str, Any] = {"number": click.FLOAT, "whole number": click.INT}
_METAVARS = {"whole number": "N", "date and time": "TIME"}
#: The widest first column of the help: the longest limit fits.
_COLUMN = 33


class FeedParam(ServeOption):
    """An option of a feed. The feed gets the value as it was given; None, or an empty tuple, means not given."""

    def __init__(self, option: Option) -> None:
        kind = click.Choice(option.choices) if option.choices else _TYPES.get(option.kind, click.STRING)
        super().__init__(
            "/".join(option.flags),
            None if option.is_flag or option.choices else _METAVARS.get(option.kind, option.kind.upper()),
            option.description + ("  [required]" if option.required else ""),
            default_text=None if option.is_flag and option.default == "no" else option.default,
            type=click.BOOL if option.is_flag else click.Path(readable=False) if option.is_paths else kind,
            is_flag=option.is_flag,
            multiple=option.is_list,
        )
        self.option = option
        self.name = param_name(option.name)

    @property
    def takes_files(self) -> bool:
        """Whether the command's FILEs are for this option."""
        return self.option.is_paths and self.option.is_list

    def value_from_envvar(self, ctx: click.Context) -> Any:
        raw = self.resolve_envvar_value(ctx)
        if raw is None or not self.option.is_list:
            return super().value_from_envvar(ctx)
        return [part for part in raw.split(os.pathsep) if part] if self.option.is_paths else [raw]


class FeedCommand(click.Command):
    """A command whose option ``--feed`` names the feed, and which takes that feed's options besides its own.

    ``sections`` are the command's options, by section of the help. The callback gets the feed's options with
    ``given_options``. An argument ``files`` goes to the feed's option of paths; without ``--feed``, it chooses
    ``files_feed``.
    """

    def __init__(
        self,
        *args: Any,
        files_feed: str | None = None,
        sections: Mapping[str, Sequence[click.Parameter]] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.files_feed = files_feed
        self.sections = sections or {}
        self.params += [param for params in self.sections.values() for param in params]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        chosen: list[FeedParam] = ctx.meta.get(_CHOSEN, [])
        return [*super().get_params(ctx), *chosen]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            # A shell completes a line that is not finished, and may be wrong.
            with suppress(click.ClickException, FeedError):
                return self._parse(ctx, args)
            return []
        return self._parse(ctx, args)

    def _parse(self, ctx: click.Context, args: list[str]) -> list[str]:
        from ticker.cli.catalogue import listing, listings

        name = self._feed_name(ctx, args)
        try:
            chosen = listing(name)
            if chosen.broken:
                raise FeedError(chosen.broken)
        except FeedError:
            # The feed's options are unknown; --help must work nevertheless.
            ctx.ignore_unknown_options = ctx.allow_extra_args = True
            super().parse_args(ctx, args)
            raise
        ctx.meta[_CHOSEN] = params = [FeedParam(option) for option in chosen.options]
        self.feed_chosen(ctx, name, params)
        try:
            rest = super().parse_args(ctx, _spread(args, params))
            ctx.params["feed"] = name
            _hand_over_files(ctx, name, params)
            return rest
        except click.NoSuchOption as error:
            owners = [f"the feed {feed.name}" for feed in listings() if has_option(feed, error.option_name)]
            if not owners:
                raise
            whose = " and ".join(owners)
            raise Failure(f"{error.option_name} is an option of {whose}, not of {chosen.name}") from None

    def feed_chosen(self, ctx: click.Context, name: str, params: list[FeedParam]) -> None:
        """Called with the chosen feed's options, before they are parsed."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ticker.cli.catalogue import listings

        ctx.meta[_CHOSEN] = []
        listed = {param for params in self.sections.values() for param in params}
        others = [param for param in self.get_params(ctx) if isinstance(param, click.Option) and param not in listed]
        # --help is in the last section.
        *first, last = [*self.sections.items()] or [("Options", ())]
        write_options(ctx, formatter, [*first, (last[0], [*last[1], *others])])
        feeds = list(listings())
        write_options(ctx, formatter, [(f"Feed {feed.name}", feed_params(feed)) for feed in feeds])
        for feed in feeds:
            if feed.broken:
                formatter.write_paragraph()
                formatter.write_text(f"Warning: {feed.broken}")

    def peek(self, ctx: click.Context, args: list[str]) -> dict[str, Any]:
        """The command's own options on the command line, as text. The feed's options depend on them."""
        strict, ctx.ignore_unknown_options = ctx.ignore_unknown_options, True
        try:
            return dict(self.make_parser(ctx).parse_args(list(args))[0])
        finally:
            ctx.ignore_unknown_options = strict

    def feed_given(self, ctx: click.Context, args: list[str]) -> str | None:
        """The feed that the command line or the environment names."""
        param = next(param for param in self.params if param.name == "feed")
        named: Any = self.peek(ctx, args).get("feed") or param.value_from_envvar(ctx)
        return named or None

    def _feed_name(self, ctx: click.Context, args: list[str]) -> str:
        named = self.feed_given(ctx, args) or ctx.lookup_default("feed")
        if not named and self.files_feed and self._has_files(ctx, args, self.files_feed):
            named = self.files_feed
        if not named:
            ctx.meta[_DEFAULTED] = True
        return str(named or next(param for param in self.params if param.name == "feed").get_default(ctx))

    def _has_files(self, ctx: click.Context, args: list[str], feed: str) -> bool:
        """Whether the command line has FILEs, if its options are that feed's."""
        from ticker.cli.catalogue import listing

        if all(word.startswith("-") for word in args):
            return False
        ctx.meta[_CHOSEN] = params = feed_params(listing(feed))
        try:
            given, _, _ = self.make_parser(ctx).parse_args(_spread(args, params))
        except click.UsageError:
            return False
        finally:
            ctx.meta[_CHOSEN] = []
        files = given.get("files")  # click's mark for "not given" differs between versions
        return isinstance(files, tuple) and len(files) > 0


def param_name(field: str) -> str:
    """The name of the parameter for a field of a feed's options."""
    return _MARK + field


def feed_params(feed: Listing) -> list[FeedParam]:
    return [FeedParam(option) for option in feed.options]


def write_options(
    ctx: click.Context,
    formatter: click.HelpFormatter,
    sections: Sequence[tuple[str, Sequence[click.Parameter]]],
) -> None:
    """Write the sections that have options."""
    for title, params in sections:
        records = [record for param in params if (record := param.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(title):
                formatter.write_dl(records, col_max=_COLUMN)


def given_options(params: Mapping[str, Any]) -> dict[str, object]:
    """The feed's options among a command's parameters that were given, by the names of their fields."""
    return {
        name.removeprefix(_MARK): value
        for name, value in params.items()
        if name.startswith(_MARK) and value is not None and value != ()
    }


def has_option(feed: Listing, flag: str) -> bool:
    return any(flag in option.flags for option in feed.options)


def _spread(args: list[str], params: list[FeedParam]) -> list[str]:
    """The words with ``--path a b`` made ``--path a --path b``, for the options that are lists."""
    flags = {flag for param in params if param.option.is_list for flag in param.option.flags}
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
    taker = next((str(param.name) for param in params if param.takes_files), None)
    if taker is None:
        hint = "; did you mean --feed csv?" if ctx.meta.get(_DEFAULTED) else ""
        raise Failure(f"{files[0]}: the feed {feed} takes no files{hint}")
    # The command line goes before the environment and the configuration file.
    given = ctx.params.get(taker) if ctx.get_parameter_source(taker) is ParameterSource.COMMANDLINE else ()
    ctx.params[taker] = (*(given or ()), *files)
    ctx.set_parameter_source(taker, ParameterSource.COMMANDLINE)
