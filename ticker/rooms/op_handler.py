"""Answers the ops ``join``, ``say`` and ``leave``: the list of rooms, who may enter, and how much history is kept.

A room exists as soon as a client joins it. When its last member leaves, an empty room without messages is deleted; of
the others ``EMPTY_ROOMS`` are kept. A room counts towards the source that created it (see ``Session.source``): the
sources that have most rooms and history lose theirs first, so that a flood does not delete the rooms of others.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from typing import Final

from ticker.confusables import NameIndex, preload, reserved
from ticker.errors import ProtocolError
from ticker.hub.eviction_order import EvictionOrder
from ticker.hub.session import Session
from ticker.rooms.room import KEPT, Room
from ticker.rooms.say_budgets import SayBudgets
from ticker.rooms.store import RoomStore
from ticker.sanitize import is_visible, proper_name, proper_text
from ticker.token_bucket import TokenBucket
from ticker.wire.messages import DeskMessage, Id, Join, Joined, Leave, Left, Say

EMPTY_ROOMS: Final = 200
#: Members and messages per poll, a few milliseconds; the next poll continues.
STEPS: Final = 500
#: A source that has more than this part of all history loses some of its own first.
FAIR_PART: Final = 1 / 8


class _Guest:
    """A client that has joined a room, until it disconnects. ``bucket`` is its budget of messages."""

    __slots__ = ("bucket", "rooms")

    def __init__(self, bucket: TokenBucket) -> None:
        self.rooms: dict[str, Room] = {}
        self.bucket = bucket


class RoomHandler:
    """``rooms`` is the maximum number of rooms, and ``kept_bytes`` the maximum size of their history.

    Above that size, sources with more than their part of it lose their empty rooms and the older half of the largest;
    then empty rooms are deleted, then the room with the largest history loses the older half of it.
    """

    def __init__(
        self,
        store: RoomStore | None = None,
        *,
        rooms: int = 1_000,
        kept_bytes: int = 128 * 1024 * 1024,
        new_epoch: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        self.answers: tuple[type[DeskMessage], ...] = (Join, Say, Leave)
        self._store = store
        self._max_rooms = rooms
        self._new_epoch = new_epoch
        #: All rooms, including empty ones.
        self.by_name: dict[str, Room] = {}
        #: Their names, by how they look.
        self._names = NameIndex()
        #: Rooms without members.
        self._empty: EvictionOrder[Room] = EvictionOrder()
        #: Rooms, and the memory of their messages, by source, without those that are exempt.
        self._created: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        #: Rooms that need ``poll``, the least recently polled first.
        self._busy: dict[Room, None] = {}
        self._guests: dict[Session, _Guest] = {}
        self._budgets = SayBudgets()
        #: The memory of all messages, and its maximum.
        self.bytes = 0
        self.max_bytes = kept_bytes
        #: Messages since the server started.
        self.said = 0
        preload()
        for kept in [] if store is None else store.load(KEPT):
            room = Room(kept.name, kept.epoch or new_epoch(), kept.said, kept.source)
            self._add(room)
            self._empty.add(room.source, room)
            self._count_bytes(room, room.bytes)
        self._tidy()

    @property
    def rooms(self) -> int:
        """The number of rooms with members."""
        return len(self.by_name) - len(self._empty)

    @property
    def members(self) -> int:
        """The number of clients in at least one room."""
        return len(self._guests)

    # Messages

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:
        """Raises ``ProtocolError``, and then changes nothing."""
        if isinstance(message, Join):
            self._join(session, message, ts)
        elif isinstance(message, Say):
            self._say(session, message, ts)
        elif isinstance(message, Leave):
            self._leave(session, message)

    def _join(self, session: Session, message: Join, ts: int) -> None:
        name = _checked("room", message.room, message.id)
        # Checked before the room is looked up, so that the answer does not reveal whether it exists.
        if not session.may.room(name):
            raise ProtocolError("not-entitled", f"room {name!r}: your key or token is not entitled to it", message.id)
        room = self.by_name.get(name)
        if room is None or session not in room.members:
            room = self._enter(session, name, message, ts)
        room.used_ts = ts
        member = room.members[session]
        joined = Joined(
            id=message.id,
            room=name,
            name=member.name,
            names=list(room.names),
            epoch=room.epoch,
            seq=room.log.head,
        )
        session.outlet.send(session.codec.encode(joined))
        room.resume(member, message.since)
        self._note(room)

    def _enter(self, session: Session, name: str, message: Join, ts: int) -> Room:
        if session.name and reserved(session.name):
            text = f"the name {session.name!r:.80} is reserved for notices: its key or token can't join rooms"
            raise ProtocolError("not-entitled", text, message.id)
        if session.name:
            called = _shown(session.name)
        elif message.name is None:
            raise ProtocolError("bad-argument", "name: missing", message.id)
        else:
            called = _checked("name", message.name, message.id)
            if reserved(called):
                text = f"name: {called!r} is reserved for notices, or looks like a name that is; choose another one"
                raise ProtocolError("bad-argument", text, message.id)
        limits, guest, room = session.limits, self._guests.get(session), self.by_name.get(name)
        if guest is not None and len(guest.rooms) >= limits.rooms:
            text = f"you are in {len(guest.rooms)} rooms, the maximum"
            raise ProtocolError("too-many-rooms", text, message.id)
        if room is None:
            self._check_looks(session, name, message.id)
            room = self._begin(session, name, message.id)
        elif len(room.members) >= limits.room_members:
            text = f"room {name!r} has {len(room.members)} members, the maximum"
            raise ProtocolError("room-full", text, message.id)
        elif (there := room.sources[session.source]) >= limits.room_members_per_address:
            text = f"room {name!r} has {there} members of your address or key, the maximum"
            raise ProtocolError("room-full", text, message.id)
        self._empty.discard(room.source, room)
        room.enter(session, called, shared=bool(session.name))
        if guest is None:
            bucket = self._budgets.take(session.source, limits.says_per_minute, ts)
            guest = self._guests[session] = _Guest(bucket)
        guest.rooms[name] = room
        session.engaged += 1
        return room

    def _check_looks(self, session: Session, name: str, id_: Id | None) -> None:
        """A new room must not look like another: its members would take it for that one."""
        other = self._names.find(name)
        if other is not None:
            # A name outside the client's entitlements is not told.
            which = f"{other!r}; join that one, or" if session.may.room(other) else "of another name;"
            raise ProtocolError("bad-argument", f"room: {name!r} looks like the room {which} choose another name", id_)

    def _begin(self, session: Session, name: str, id_: Id | None) -> Room:
        source = session.source
        if source and self._created[source] >= session.limits.rooms_per_address:
            own = self._empty.oldest_of(source)
            if own is None:
                text = (
                    f"your address or key has created {self._created[source]} rooms, the maximum; others can be joined"
                )
                raise ProtocolError("too-many-rooms", text, id_)
            self._forget(own)
        if len(self.by_name) >= self._max_rooms:
            unused = self._empty.next()
            if unused is None:
                text = f"the server has {len(self.by_name)} rooms, its maximum"
                raise ProtocolError("too-many-rooms", text, id_)
            self._forget(unused)
        room = Room(name, self._new_epoch(), source=source)
        self._add(room)
        return room

    def _add(self, room: Room) -> None:
        self.by_name[room.name] = room
        self._names.add(room.name)
        if room.source:
            self._created[room.source] += 1

    def _count_bytes(self, room: Room, more: int) -> None:
        self.bytes += more
        if room.source:
            self._bytes[room.source] += more

    def _say(self, session: Session, message: Say, ts: int) -> None:
        guest, room = self._joined(session, message)
        limits = session.limits
        try:
            text = proper_text(message.text, limits.text_chars)
        except ValueError as error:
            raise ProtocolError("bad-argument", f"text: {error}", message.id) from None
        if not guest.bucket.take(ts):
            most = limits.says_per_minute
            raise ProtocolError("too-fast", f"at most {most} messages per minute, a third at once", message.id)
        before = room.bytes
        said = room.say(room.members[session], text, ts, message.id)
        self._count_bytes(room, room.bytes - before)
        self.said += 1
        if self._store is not None:
            self._store.append(room.epoch, said, room.source)
        self._tidy()
        self._note(room)

    def _leave(self, session: Session, message: Leave) -> None:
        guest, room = self._joined(session, message)
        del guest.rooms[room.name]
        self._exit(session, room)
        session.outlet.send(session.codec.encode(Left(id=message.id, room=room.name)))

    def _joined(self, session: Session, message: Say | Leave) -> tuple[_Guest, Room]:
        guest = self._guests.get(session)
        room = None if guest is None else guest.rooms.get(message.room.strip(" "))
        if guest is None or room is None:
            raise ProtocolError("not-joined", f"room {message.room!r:.80}: you are not in it", message.id)
        return guest, room

    # Coming and going

    def enter(self, session: Session) -> None:
        """A new client is in no room."""

    def leave(self, session: Session) -> None:
        guest = self._guests.pop(session, None)
        if guest is not None:
            self._budgets.give_back(session.source, guest.bucket)
            for room in guest.rooms.values():
                self._exit(session, room)

    def _exit(self, session: Session, room: Room) -> None:
        room.exit(session)
        session.engaged -= 1
        self._note(room)
        if not room.members:
            self._empty.add(room.source, room)
            if not room.bytes:
                self._forget(room)
            self._tidy()

    def remove(self, name: str) -> int:
        """Remove a room and its messages. Its members are told with ``left``. Returns how many there were."""
        room = self.by_name[name]
        members = list(room.members)
        for session in members:
            del self._guests[session].rooms[name]
            room.exit(session)
            session.engaged -= 1
            session.outlet.send(session.codec.encode(Left(room=name)))
        self._busy.pop(room, None)
        self._forget(room)
        return len(members)

    def _forget(self, room: Room) -> None:
        del self.by_name[room.name]
        self._names.remove(room.name)
        self._empty.discard(room.source, room)
        self._count_bytes(room, -room.bytes)
        if room.source:
            self._created -= Counter([room.source])
            if room.source not in self._created:
                del self._bytes[room.source]
        if self._store is not None and room.log.head:
            self._store.forget(room.name)

    def _tidy(self) -> None:
        """Enforce the limits on empty rooms and history."""
        while len(self._empty) > EMPTY_ROOMS and (unused := self._empty.next()) is not None:
            self._forget(unused)
        while self.bytes > self.max_bytes:
            source, most = max(self._bytes.items(), key=lambda each: each[1], default=("", 0))
            greedy = source if most > self.max_bytes * FAIR_PART else ""
            unused = self._empty.oldest_of(greedy) if greedy else self._empty.next()
            if unused is not None:
                self._forget(unused)
                continue
            rooms = (room for room in self.by_name.values() if not greedy or room.source == greedy)
            largest = max(rooms, key=lambda room: room.bytes)
            before = largest.bytes
            largest.forget_half()
            self._count_bytes(largest, largest.bytes - before)

    # Members that are behind

    @property
    def waiting(self) -> bool:
        return bool(self._busy)

    def poll(self, ts: int) -> None:
        left = STEPS
        for room in list(self._busy):
            if left <= 0:
                break
            left -= 1 + room.poll(ts, left)
            self._note(room)

    def _note(self, room: Room) -> None:
        self._busy.pop(room, None)
        if room.waiting:
            self._busy[room] = None


def _checked(key: str, text: str, id_: Id | None) -> str:
    try:
        return proper_name(text)
    except ValueError as error:
        raise ProtocolError("bad-argument", f"{key}: {error}", id_) from None


def _shown(name: str) -> str:
    """A key's name or a token's `sub` with invisible characters replaced."""
    return "".join(letter if is_visible(name) or is_visible(letter) else "\N{REPLACEMENT CHARACTER}" for letter in name)
