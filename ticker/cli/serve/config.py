"""``ticker serve --config FILE.toml`` and ``--print-config``.

A key is an option's name without the dashes; ``files`` is the list of FILEs. A feed's options stand in a table of its
name; only the chosen feed's table is read. Relative paths are relative to the file's folder. click gets the values as
its ``default_map``, which it uses after the command line and the environment.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ticker.cli.failure import CONFIG_FILE, Failure, is_from_config
from ticker.cli.feed_params import FeedCommand, FeedParam, feed_params, has_option, param_name
from ticker.cli.server_options import SECTIONS, ServeOption
from ticker.errors import FeedError, OptionError

_CONFIG = "ticker.config"
_TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
#: Parts of the names of feeds' options whose values are not printed.
_SECRET = ("key", "secret", "token", "password")
#: The options that have no place in a file.
_NOT_IN_FILE = {"config", "print-config"}


class ConfigCommand(FeedCommand):
    """A command with ``--config`` and ``--print-config``; its callback doesn't get these."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        option = next(param for param in self.params if param.name == "config")
        path = self.peek(ctx, args).get("config") or option.value_from_envvar(ctx)
        if path and not ctx.resilient_parsing and not {"-h", "--help"} & set(args):
            ctx.meta[CONFIG_FILE] = path
            ctx.meta[_CONFIG] = config = ConfigFile(Path(str(path)))
            ctx.default_map = config.server_values()
            if config.files and self.files_feed:
                ctx.default_map = {"feed": self.files_feed, **ctx.default_map}
        try:
            return super().parse_args(ctx, args)
        except FeedError as error:
            if path and self.feed_given(ctx, args) is None and ctx.lookup_default("feed"):
                raise Failure(f"{path}: feed: {error}") from error
            raise

    def feed_chosen(self, ctx: click.Context, name: str, params: list[FeedParam]) -> None:
        config: ConfigFile | None = ctx.meta.get(_CONFIG)
        if config is not None:
            # FILEs are for the feed that the file chooses, not for one that the command line chooses instead.
            files = config.files if ctx.lookup_default("feed") in (None, name) else []
            ctx.default_map = {**(ctx.default_map or {}), **config.feed_values(name, params, files)}

    def invoke(self, ctx: click.Context) -> Any:
        del ctx.params["config"]
        if ctx.params.pop("print_config"):
            click.echo(print_config(ctx), nl=False)
            return 0
        return super().invoke(ctx)


class ConfigFile:
    """A configuration file. Raises ``Failure``, which names the file, and the key or the line that is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = path.read_text("utf-8")
            self._values = tomllib.loads(text)
        except OSError as error:
            raise Failure(f"--config: {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise Failure(f"--config: {path} is not a text file in UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            end = f"at line {len(text.splitlines())}, the last"
            raise Failure(f"--config: {path}: {str(error).replace('at end of document', end)}") from error
        self.files = self._strings("files", self._values.pop("files", []), paths=True)

    def server_values(self) -> dict[str, Any]:
        """The server's options, by the names of their parameters. Checks the names of tables too."""
        from ticker.feed.feed import installed_feeds

        options = {each.key: each for group in SECTIONS.values() for each in group if each.key not in _NOT_IN_FILE}
        feeds, values = installed_feeds(), {}
        for key, value in self._values.items():
            if key in options:
                values[str(options[key].name)] = self._value(key, options[key], value)
            elif key not in feeds or not isinstance(value, dict):
                raise self._unknown(key, [*options, "files", *feeds])
        return values

    def feed_values(self, feed: str, params: Sequence[FeedParam], files: list[str]) -> dict[str, Any]:
        """The options in the feed's table, and ``files``, by the names of their parameters."""
        options = {param.key: param for param in params}
        values: dict[str, Any] = {}
        for key, value in self._values.get(feed, {}).items():
            if key not in options:
                raise self._unknown(f"{feed}.{key}", [f"{feed}.{each}" for each in options])
            values[str(options[key].name)] = self._value(f"{feed}.{key}", options[key], value)
        if files:
            taker = next((str(param.name) for param in params if param.takes_files), None)
            if taker is None:
                raise Failure(f"{self._path}: files: the feed {feed} takes no files")
            values[taker] = [*values.get(taker, ()), *files]
        return values

    def _value(self, key: str, option: ServeOption, value: object) -> object:
        kind, paths = _type(option), isinstance(option.type, click.Path)
        if option.multiple:
            if isinstance(value, dict):
                value = [f"{name}={each}" for name, each in value.items()]
            return self._strings(key, value, paths=paths)
        if isinstance(option, FeedParam) and kind is str and option.option.kind not in ("text", "path"):
            # For example a date, or a number or a name.
            if isinstance(value, dt.date | dt.time):
                return value.isoformat()
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise Failure(f"{self._path}: {key}: {value!r} is not {_TYPE_NAMES[kind]}")
        return self._absolute(str(value)) if paths else value

    def _strings(self, key: str, value: object, *, paths: bool) -> list[str]:
        values: list[Any] = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in values):
            raise Failure(f"{self._path}: {key}: {value!r} is not an array of strings")
        return [self._absolute(each) for each in values] if paths else values

    def _absolute(self, path: str) -> str:
        return str(self._path.absolute().parent / path)

    def _unknown(self, key: str, known: list[str]) -> Failure:
        from ticker.cli.catalogue import listings

        name = key.rpartition(".")[2]
        owner = next((feed.name for feed in listings() if has_option(feed, f"--{name}")), None)
        near = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else "see --print-config"
        if owner is not None and key == name:
            hint = f"it is an option of the feed {owner}, and belongs into the table [{owner}]"
        return Failure(f"{self._path}: unknown key {key}; {hint}")


def config_of(error: FeedError) -> str:
    """The configuration file's name if it contains the option that the feed rejects; otherwise empty."""
    ctx = click.get_current_context()
    if isinstance(error, OptionError) and is_from_config(ctx, param_name(error.option)):
        return f"{ctx.meta[CONFIG_FILE]}: "
    return ""


def print_config(ctx: click.Context) -> str:
    """A configuration file with every option: those that are set, and the others commented out."""
    from ticker.cli.catalogue import listings

    lines = [
        "# Configuration of `ticker serve --config FILE`. Options on the command line, and variables TICKER_… in the",
        "# environment, take precedence. Relative paths are relative to the folder of this file.",
    ]
    for title, options in SECTIONS.items():
        entries = [line for option in options if option.key not in _NOT_IN_FILE for line in _entry(ctx, option)]
        lines += ["", f"## {title}", "", *entries] if entries else []
        if title == "Feed":
            lines += ["# Files for the feed csv, as on the command line.", '# files = ["FILE"]']
    for feed in (each for each in listings() if not each.broken):
        name = feed.name if re.fullmatch(r"[A-Za-z0-9_-]+", feed.name) else _toml(feed.name)
        lines += ["", f"## Feed {feed.name}", "", f"[{name}]"]
        for param in feed_params(feed):
            lines += _entry(ctx, param, chosen=feed.name == ctx.params["feed"])
    return "\n".join(lines) + "\n"


def _entry(ctx: click.Context, option: ServeOption, *, chosen: bool = True) -> list[str]:
    name, text = str(option.name), str(option.help)
    if isinstance(option, FeedParam) and option.option.choices:
        text = f"{text} One of: {', '.join(option.option.choices)}.".lstrip()
    secret = isinstance(option, FeedParam) and any(word in option.key for word in _SECRET)
    source = ctx.get_parameter_source(name)
    if name == "feed" or (chosen and source not in (ParameterSource.DEFAULT, None)):
        if not secret:
            return [*_comment(text), f"{option.key} = {_toml(_from_anywhere(option, ctx.params[name]))}"]
        text += " It is set; its value is not printed."
    return [*_comment(text), f"# {option.key} = {_example(option)}"]


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 98)]


def _from_anywhere(option: ServeOption, value: Any) -> Any:
    if not isinstance(option.type, click.Path):
        return value
    return [str(Path(each).absolute()) for each in value] if option.multiple else str(Path(value).absolute())


def _example(option: ServeOption) -> str:
    """The default; without one, a value of the right type, and a remark."""
    kind, text = _type(option), option.default_text
    if kind is bool:
        return _toml(text == "yes")
    if kind is str:
        words = text or option.metavar or "TEXT"
        return _toml(words.split(",") if option.multiple else words)
    if re.fullmatch(r"[\d.e+-]+", text):
        return text
    return f"{getattr(option.type, 'min', None) or 1}  # an example{text and f'; default: {text}'}"


def _type(option: ServeOption) -> type:
    if option.is_flag:
        return bool
    if isinstance(option.type, click.types.IntParamType):
        return int
    return float if isinstance(option.type, click.types.FloatParamType) else str


def _toml(value: Any) -> str:
    """The value in TOML, whose strings are written as JSON's."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
