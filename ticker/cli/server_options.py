"""The options of ``ticker serve``, by section of its help; feeds add theirs (``feed_params``).

The limits come from ``ticker.wire.limits``. ``--config`` reads the same options from a file (``serve.config``).
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from ticker.cli.logs import FORMATS, LEVELS
from ticker.cli.numbers import AMOUNT
from ticker.timeparse import duration_ns
from ticker.wire.limits import LIMITS, RING_TICKS, Limit, Limits

FILE: Final[Any] = click.Path(path_type=Path, dir_okay=False)
#: The longest time for which closed bars stay open to revision.
MAX_LATE_NS: Final = 3_600 * 10**9
_DIRECTORY: Final[Any] = click.Path(path_type=Path, file_okay=False)


class ServeOption(click.Option):
    """An option that the environment sets too, as ``TICKER_NAME``, and a configuration file, as ``key``.

    ``default_text`` is the default as the help shows it.
    """

    def __init__(self, flags: str, metavar: str | None, text: str, default: Any = None, **more: Any) -> None:
        self.key = flags.partition("/")[0].strip().removeprefix("--")
        shown = "" if default is None or default is False else str(default).removesuffix(".0")
        self.default_text: str = more.pop("default_text", None) or shown
        variable = "TICKER_" + self.key.upper().replace("-", "_")
        super().__init__([flags], metavar=metavar, help=text, default=default, envvar=variable, **more)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        names, _ = super().get_help_record(ctx) or ("", "")
        return names, f"{self.help}  [default: {self.default_text}]" if self.default_text else str(self.help)


def origin(text: str) -> str:
    """An origin as browsers send it: in lower case, without a path. Another form would never match."""
    found = re.fullmatch(r"(\*|https?://[^\s/?#@]+)/?", text.lower())
    if found is None:
        raise click.BadParameter(f"{text!r:.80} is not an origin: say https://prices.example, or * for any")
    return found[1]


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """An IP address, or a network in CIDR notation."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def late(text: str) -> str:
    """A duration up to an hour, as it was given."""
    try:
        length_ns = duration_ns(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if length_ns > MAX_LATE_NS:
        raise click.BadParameter(f"{text!r:.40} is longer than 1h")
    return text


def _feed_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ticker.feed.feed import installed_feeds

    return [CompletionItem(name) for name in installed_feeds() if name.startswith(incomplete)]


def _limit_option(name: str, limit: Limit) -> ServeOption:
    default = None if limit.default else getattr(Limits(), name)
    kind = click.IntRange(limit.least, limit.most)
    return ServeOption(str(limit.option), limit.metavar, limit.meaning, default, default_text=limit.default, type=kind)


_LIMITS = {name: _limit_option(name, limit) for name, limit in LIMITS.items() if limit.option}
_DESK_LIMITS = (
    *("alerts", "alerts_per_address", "alert_days", "rooms", "rooms_per_address", "room_members"),
    *("room_members_per_address", "text_chars", "says_per_minute"),
)

#: The sections of the help, in order.
SECTIONS: Final[dict[str, tuple[ServeOption, ...]]] = {
    "Feed": (
        ServeOption("--feed", "NAME", "Source of prices (`ticker feeds`).", "random-walk", shell_complete=_feed_names),
        ServeOption("--late", "DURATION", "How old a bar may be that late trades revise (0 to 1h).", "60s", type=late),
    ),
    "Network": (
        ServeOption("--host", "ADDRESS", "Address to listen on; 0.0.0.0: all interfaces.", "127.0.0.1"),
        ServeOption("--port", "N", "Port to listen on; 0: any free port.", 8000, type=click.IntRange(0, 65_535)),
        ServeOption("--tls-cert", "FILE", "Use TLS with this certificate chain (PEM).", type=FILE),
        ServeOption("--tls-key", "FILE", "The certificate's key, unless it is in the same file.", type=FILE),
        ServeOption("--allow-origin", "ORIGIN", "Allow pages of this site; * allows any.", type=origin, multiple=True),
        ServeOption("--trusted-proxy", "ADDRESS", "Proxy whose X-Forwarded-* is trusted.", type=network, multiple=True),
        ServeOption("--heartbeat", "SECONDS", "Silence before clients get a heartbeat.", 10.0, type=AMOUNT),
        ServeOption("--compress", None, "Compress for clients that support it (RFC 7692).", False, is_flag=True),
    ),
    "Access": (
        ServeOption("--keys", "FILE", "Accept the keys in this file (see `ticker keys`).", type=FILE),
        ServeOption("--no-auth", None, "Disable authentication, also for other machines.", False, is_flag=True),
        ServeOption("--jwt-key", "FILE", "Verify JSON Web Tokens with this secret, PEM or JWKS.", type=FILE),
        ServeOption("--jwt-audience", "NAME", "Required `aud` claim of tokens.", "ticker"),
        ServeOption("--jwt-issuer", "NAME", "Required `iss` claim of tokens, if any is required."),
    ),
    "Limits": tuple(option for name, option in _LIMITS.items() if name not in _DESK_LIMITS),
    "Storage": (
        ServeOption("--state", "DIR", "Keep alerts, rooms and webhooks across restarts.", type=_DIRECTORY),
        ServeOption(
            "--ring-ticks",
            "N",
            "Ticks kept for slow and resuming clients.",
            RING_TICKS,
            type=click.IntRange(1_024, 2**24),
        ),
    ),
    "Alerts and rooms": (
        *(_LIMITS[name] for name in _DESK_LIMITS),
        ServeOption("--webhook", "URL", "POST fired alerts to this address."),
        ServeOption("--webhook-secret", "FILE", "Secret that signs webhooks (16 characters or more).", type=FILE),
    ),
    "Logging": (
        ServeOption("--log-level", "LEVEL", "debug, info, warning or error.", "info", type=click.Choice(LEVELS)),
        ServeOption("--log-format", "FORMAT", "text or json.", "text", type=click.Choice(FORMATS)),
    ),
    "Configuration": (
        ServeOption("--config", "FILE", "Read options from this TOML file.", type=FILE),
        ServeOption("--print-config", None, "Print all options as a TOML file, and exit.", False, is_flag=True),
    ),
}
#: The names of the server's own parameters. A feed's option of the same name is spelt with the feed's name before it.
RESERVED: Final = frozenset({"files", "help"}) | {str(each.name) for group in SECTIONS.values() for each in group}
