"""A client written from docs/protocol.md alone: it keeps what that page says about numbers and gaps, and nothing else.

It imports nothing of the product, so that a rule that is missing on the page, or wrong, shows as a gap that is none or
as one that is not noticed. It has no I/O: ``receive`` takes a message of the server and returns the messages to send.
"""

from __future__ import annotations

from itertools import count
from typing import Any

Message = dict[str, Any]
#: A channel, and the interval of bars.
Topic = tuple[str, str]


class Numbered:
    """`trades`, `quotes` or one interval of `bars`."""

    def __init__(self) -> None:
        self.v: int | None = None
        self.watchlist: list[str] = []
        self.revisions = False
        #: The id of a subscribe with ``since`` that is not answered, and whether the next frame is the first after it.
        self.resuming: int | None = None
        self.resumed = False
        self.frames = 0
        #: Ticks in their order; of bars the closed ones, by symbol and start.
        self.rows: list[list[Any]] = []
        self.closed: dict[tuple[str, int], list[Any]] = {}
        self.open: dict[str, list[Any]] = {}
        self.lost: dict[str, int] = {}
        #: How often the server could not resume.
        self.breaks = 0


class Log:
    """The messages of a room, or the alerts of an owner, by number."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.epoch = ""
        self.asking: int | None = None
        self.taken: list[Message] = []
        self.lost = 0


class DocumentClient:
    """``gaps`` has each gap noticed: where, the number held, and the number that came. ``owner``: of its alerts."""

    def __init__(self, owner: str = "") -> None:
        self.epoch: str | None = None
        self.version = 0
        #: The id of a subscribe after a gap, until it is answered.
        self.repairing: int | None = None
        self.view: dict[str, dict[str, Any]] = {}
        self.ticker: list[str] = []
        self.channels: dict[Topic, Numbered] = {}
        self.rooms: dict[str, Log] = {}
        self.alerts = Log()
        self.gaps: list[tuple[str, int, int]] = []
        self.answers: list[Message] = []
        self.errors: list[Message] = []
        self._owner = owner
        self._ids = count(1)

    # Requests

    def subscribe(self, *symbols: str, channel: str = "ticker", interval: str = "", revisions: bool = False) -> Message:
        message: Message = {"op": "subscribe", "id": next(self._ids), "channel": channel, "symbols": list(symbols)}
        if interval:
            message["interval"] = interval
        if revisions:
            message["revisions"] = True
        if channel != "ticker":
            self.channels.setdefault((channel, interval), Numbered()).revisions = revisions
        return message

    def unsubscribe(self, *symbols: str, channel: str = "ticker", interval: str = "") -> Message:
        message = {"op": "unsubscribe", "id": next(self._ids), "channel": channel, "symbols": list(symbols)}
        return message | ({"interval": interval} if interval else {})

    def join(self, room: str) -> Message:
        log = self.rooms.setdefault(room, Log())
        message: Message = {"op": "join", "id": next(self._ids), "room": room, "name": "Doc"}
        if log.number is not None:
            message["since"] = {"epoch": log.epoch, "version": log.number}
            log.asking = message["id"]
        return message

    def ask_for_alerts(self) -> Message:
        message: Message = {"op": "alerts", "id": next(self._ids), "owner": self._owner}
        if self.alerts.number is not None:
            message["since"] = self.alerts.number
            self.alerts.asking = message["id"]
        return message

    def reconnected(self) -> list[Message]:
        """The messages for a new connection, after its welcome. Watchlists are sent in two messages each."""
        self.repairing = None
        requests = [*([self.ask_for_alerts()] if self._owner else []), *map(self.join, self.rooms)]
        if self.ticker:
            since = {"epoch": self.epoch, "version": self.version}
            requests.append(self.subscribe(*self.ticker) | {"since": since})
        for (channel, interval), each in self.channels.items():
            if each.watchlist:
                first = each.watchlist[:1]
                requests.append(self.subscribe(*first, channel=channel, interval=interval, revisions=each.revisions))
                requests.append(self._resume(channel, interval, each))
        return requests

    def _resume(self, channel: str, interval: str, each: Numbered) -> Message:
        message = self.subscribe(*each.watchlist, channel=channel, interval=interval, revisions=each.revisions)
        if each.v is not None:
            message["since"] = {"epoch": self.epoch, "version": each.v}
            each.resuming = message["id"]
        return message

    # From the server

    def receive(self, message: Message) -> list[Message]:
        kind = message["type"]
        if kind in ("trades", "quotes", "bars"):
            return self._numbered(kind, message)
        if kind == "update":
            return self._update(message)
        if kind == "said":
            return self._logged(self.rooms[message["room"]], f"room {message['room']}", message)
        if kind == "alert":
            return self._logged(self.alerts, "alerts", message)
        if kind == "welcome":
            self._welcome(message["epoch"])
        elif kind in ("subscribed", "unsubscribed"):
            self._watchlist(message)
        elif kind == "joined":
            self._joined(message)
        elif kind == "alerts":
            self._listed(message)
        elif kind == "error":
            self.errors.append(message)
        if "id" in message:
            self.answers.append(message)
        return []

    def _welcome(self, epoch: str) -> None:
        if epoch == self.epoch:
            return
        self.epoch, self.version = epoch, 0
        self.view.clear()
        for each in self.channels.values():
            each.v = None

    def _watchlist(self, message: Message) -> None:
        channel, interval = message["channel"], message.get("interval", "")
        if channel == "ticker":
            self.ticker = message["symbols"]
            if message["id"] == self.repairing:
                self.repairing = None
            return
        each = self.channels[channel, interval]
        each.watchlist = message["symbols"]
        if message["type"] == "unsubscribed" and not each.watchlist:
            each.v = None
        if message["type"] == "subscribed" and message["id"] == each.resuming:
            each.resuming, each.resumed = None, True

    def _update(self, message: Message) -> list[Message]:
        if message["since"] > self.version:
            if self.repairing is not None:
                return []
            self.gaps.append(("ticker", self.version, message["since"]))
            request = self.subscribe(*self.ticker) | {"since": {"epoch": self.epoch, "version": self.version}}
            self.repairing = request["id"]
            return [request]
        for symbol, fields in message["data"].items():
            if fields is None:
                self.view.pop(symbol, None)
                continue
            mine = self.view.setdefault(symbol, {})
            mine.update(fields)
            for field in [field for field, value in fields.items() if value is None]:
                del mine[field]
        self.version = message["version"]
        return []

    def _numbered(self, kind: str, message: Message) -> list[Message]:
        interval = message.get("interval", "")
        each = self.channels[kind, interval]
        each.frames += 1
        if each.resuming is not None:
            return []
        if each.v is not None and message["since"] > each.v and not each.resumed:
            self.gaps.append((f"{kind} {interval}".strip(), each.v, message["since"]))
            return [self._resume(kind, interval, each)]
        if each.resumed and message["since"] != each.v:
            each.breaks += 1
        each.resumed = False
        each.v = message["version"]
        for symbol, number in message.get("lost", {}).items():
            each.lost[symbol] = each.lost.get(symbol, 0) + number
        for row in message["data"]:
            if kind != "bars":
                each.rows.append(row)
            elif row[9]:
                each.closed[row[0], row[1]] = row
            else:
                each.open[row[0]] = row
        return []

    def _joined(self, message: Message) -> None:
        log = self.rooms[message["room"]]
        if message["epoch"] != log.epoch or (log.number is not None and message["seq"] < log.number):
            log.epoch, log.number = message["epoch"], None
        if message["id"] == log.asking:
            log.asking = None

    def _listed(self, message: Message) -> None:
        if self.alerts.number is not None and message["seq"] < self.alerts.number:
            self.alerts.number = None
        if message["id"] == self.alerts.asking:
            self.alerts.asking = None

    def _logged(self, log: Log, where: str, message: Message) -> list[Message]:
        seq, lost = message["seq"], message.get("lost", 0)
        if log.number is not None and seq <= log.number:
            return []
        if log.number is not None and seq > log.number + 1 + lost:
            if log.asking is not None:
                return []
            self.gaps.append((where, log.number, seq))
            return [self.ask_for_alerts() if where == "alerts" else self.join(message["room"])]
        if log.number is not None:
            log.lost += lost
        log.number = seq
        log.taken.append(message)
        return []
