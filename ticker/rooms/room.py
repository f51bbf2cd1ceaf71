"""One room: its members, its messages, and how far each member has read. Permissions are the handler's job.

As with prices nothing is queued per client: a member has the number of the last message it was sent, and the number of
the last list of names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ticker.confusables import NameIndex
from ticker.hub.message_log import Entry, LogReader, MessageLog
from ticker.hub.session import Session
from ticker.sanitize import MAX_NAME_CHARS
from ticker.wire.messages import Id, Present, Said, Since

#: Messages kept per room.
KEPT: Final = 200
#: Minimum time between lists of names, and in large rooms per member, since each list goes to every member.
PRESENT_NS: Final = 500_000_000
PRESENT_NS_A_MEMBER: Final = 10_000_000


class Member(LogReader):
    """A client in a room."""

    __slots__ = ("key", "name", "pending_ids", "told")

    def __init__(self, session: Session, name: str, key: str | None, seq: int, told: int) -> None:
        super().__init__(session.outlet, session.codec, seq)
        self.name = name
        #: The name of its key, or the `sub` of its token.
        self.key = key
        #: The ``id`` of its own messages by number, until it is sent its copy.
        self.pending_ids: dict[int, Id] = {}
        #: The number of the last list of names it was sent.
        self.told = told

    def payload(self, entry: Entry[Any], lost: int) -> bytes:
        seq: int = entry.message.seq
        for number in [number for number in self.pending_ids if number < seq]:
            del self.pending_ids[number]  # it missed that message
        id_ = self.pending_ids.pop(seq, None)
        if id_ is None:
            return super().payload(entry, lost)
        return self.codec.encode(msgspec.structs.replace(entry.message, id=id_, lost=lost))


class Room:
    """``said`` is the stored history, numbered without a gap. ``source`` is what the room counts towards."""

    def __init__(self, name: str, epoch: str, said: Iterable[Said] = (), source: str = "") -> None:
        self.name = name
        self.epoch = epoch
        self.source = source
        before = list(said)[-KEPT:]
        #: When a client last entered or said something (ns); 0 if that is not known.
        self.used_ts = before[-1].ts if before else 0
        #: Members by source, without those that are exempt.
        self.sources: Counter[str] = Counter()
        self.log: MessageLog[Said] = MessageLog(KEPT, before[0].seq - 1 if before else 0)
        self.members: dict[Session, Member] = {}
        #: Number of connections by name.
        self.names: dict[str, int] = {}
        #: The same names, by how they look,
        self._looks = NameIndex()
        #: and those that the connections of a key or token share, by its own name.
        self._shared: dict[str, str] = {}
        #: Memory used by the history.
        self.bytes = 0
        #: Lists of names are numbered: the current one,
        self._names = 0
        #: the one to be sent to all members, and since when.
        self._told = 0
        self._told_ts: int | None = None
        #: Members that are behind.
        self._late: dict[Member, None] = {}
        for each in before:
            self._keep(each)

    # Members

    def enter(self, session: Session, name: str, *, shared: bool) -> Member:
        """Add a member. A name that is taken, or looks like one that is, gets a number.

        A ``shared`` name is that of a key or token, and all its connections in the room have the same.
        """
        key = name if shared else None
        shown = None if key is None else self._shared.get(key)
        if shown is None:
            shown = _free(name, self._looks)
            self._looks.add(shown)
            self._names += 1
            if key is not None:
                self._shared[key] = shown
        self.names[shown] = self.names.get(shown, 0) + 1
        # Its answer to ``join`` contains the names.
        member = self.members[session] = Member(session, shown, key, self.log.head, self._names)
        self.sources.update([session.source] if session.source else ())
        return member

    def exit(self, session: Session) -> None:
        member = self.members.pop(session)
        self._late.pop(member, None)
        self.sources -= Counter([session.source] if session.source else ())
        self.names[member.name] -= 1
        if not self.names[member.name]:
            del self.names[member.name]
            self._looks.remove(member.name)
            if member.key is not None:
                del self._shared[member.key]
            self._names += 1

    def resume(self, member: Member, since: Since | None) -> None:
        """Send a ready member the messages after ``since``, or the whole history if ``since`` is invalid."""
        log = self.log
        ours = since is not None and since.epoch == self.epoch and 0 <= since.version <= log.head
        member.seq = since.version if since is not None and ours else log.tail
        member.told = self._names
        self._bring(member, {})

    # Messages

    def say(self, member: Member, text: str, ts: int, id_: Id | None) -> Said:
        """Add a message, and send it to all members that are ready."""
        self.used_ts = ts
        said = self._keep(Said(room=self.name, sender=member.name, text=text, seq=self.log.head + 1, ts=ts))
        if id_ is not None:
            member.pending_ids[said.seq] = id_
        for each in self.members.values():
            # Members that are further behind are served by ``poll``, in bounded steps.
            if each not in self._late:
                self.log.deliver_to(each)
                if each.seq < self.log.head:
                    self._late[each] = None
        return said

    def _keep(self, said: Said) -> Said:
        if self.log.head - self.log.tail == KEPT:
            self.bytes -= _bytes(self.log.drop())
        self.bytes += _bytes(said)
        self.log.add(said)
        return said

    def forget_half(self) -> None:
        """Delete the older half of the history."""
        for _ in range((self.log.head - self.log.tail + 1) // 2):
            self.bytes -= _bytes(self.log.drop())

    # Members that are behind

    @property
    def waiting(self) -> bool:
        """Whether ``poll`` has something to send."""
        return bool(self._late) or (self._names > self._told and bool(self.members))

    def poll(self, ts: int, most: int) -> int:
        """Serve members that are behind, while they are ready. Returns the number of steps, about ``most`` at most."""
        if self._names > self._told and self._is_time(ts):
            self._told, self._told_ts = self._names, ts
            self._late.update(dict.fromkeys(self.members.values()))
        present: dict[str, bytes] = {}
        steps = 0
        for member in list(self._late)[:most]:
            steps += 1 + self._bring(member, present)
            if steps >= most:
                break
        return steps

    def _is_time(self, ts: int) -> bool:
        pause_ns = max(PRESENT_NS, PRESENT_NS_A_MEMBER * len(self.members))
        # A clock that was set back must not delay the list.
        return self._told_ts is None or not 0 <= ts - self._told_ts < pause_ns

    def _bring(self, member: Member, present: dict[str, bytes]) -> int:
        """Bring one member up to date. ``present`` caches the encoded list of names. Returns the number of frames."""
        sent = self.log.deliver_to(member)
        if member.told < self._told and member.outlet.ready():
            codec = member.codec
            if codec.name not in present:
                present[codec.name] = codec.encode(Present(room=self.name, names=list(self.names)))
            member.outlet.send(present[codec.name])
            member.told = self._names
            sent += 1
        # A member that is not ready is tried again after all others.
        self._late.pop(member, None)
        if member.seq < self.log.head or member.told < self._told:
            self._late[member] = None
        return sent


def _free(name: str, taken: NameIndex) -> str:
    """The name, with a number appended if it looks like one that is taken."""
    found, number = name, 1
    while taken.find(found) is not None:
        number += 1
        behind = f" ({number})"
        found = name[: MAX_NAME_CHARS - len(behind)] + behind
    return found


def _bytes(said: Said) -> int:
    """Upper bound of a message's memory: text, its UTF-8, both encodings, and overhead."""
    return 1_000 + 4 * (len(said.text) + len(said.text.encode()))
