"""One room: who is in it, what was said there, and what each of them has of it. Knows no rule of who may do what.

As with prices nothing is queued for anybody: of what was said a member has a number, and of the lists of names the
number of the last one it was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ticker.hub.message_log import Entry, MessageLog, Reader
from ticker.hub.session import Session
from ticker.sanitize import MAX_NAME_CHARS
from ticker.wire.messages import Id, Present, Said, Since

#: So much of what was said is kept, the newest.
KEPT: Final = 200
#: Names are told no more often than this; and in a large room, where each is told all of them, so much later for each.
PRESENT_NS: Final = 500_000_000
PRESENT_NS_A_MEMBER: Final = 10_000_000


class Member(Reader):
    """A client that is in a room, by a name."""

    __slots__ = ("asked", "name", "told")

    def __init__(self, session: Session, name: str, seq: int, told: int) -> None:
        super().__init__(session.outlet, session.codec, seq)
        self.name = name
        #: The ``id`` of what it said itself, by number, until it gets that.
        self.asked: dict[int, Id] = {}
        #: The number of the list of names that it has.
        self.told = told

    def payload(self, entry: Entry[Any], lost: int) -> bytes:
        seq: int = entry.message.seq
        for number in [number for number in self.asked if number < seq]:
            del self.asked[number]  # it was lost to it
        id_ = self.asked.pop(seq, None)
        if id_ is None:
            return super().payload(entry, lost)
        return self.codec.encode(msgspec.structs.replace(entry.message, id=id_, lost=lost))


class Room:
    """``said`` is what is known of before, numbered without a gap."""

    def __init__(self, name: str, epoch: str, said: Iterable[Said] = ()) -> None:
        self.name = name
        self.epoch = epoch
        before = list(said)[-KEPT:]
        self.topic: MessageLog[Said] = MessageLog(KEPT, before[0].seq - 1 if before else 0)
        self.members: dict[Session, Member] = {}
        #: With how many connections each is here.
        self.names: dict[str, int] = {}
        #: What the history takes in memory.
        self.bytes = 0
        #: The lists of names are numbered: this is the one there is …
        self._names = 0
        #: … and the one that all are to be told; ``_told_ts``: since when.
        self._told = 0
        self._told_ts: int | None = None
        #: Those who lack something.
        self._late: dict[Member, None] = {}
        for each in before:
            self._keep(each)

    # Coming and going

    def enter(self, session: Session, name: str, *, shared: bool) -> Member:
        """One more. If the name is taken, and not ``shared`` with its other connections, it gets a number."""
        if not shared:
            name = _free(name, self.names)
        if name not in self.names:
            self._names += 1
        self.names[name] = self.names.get(name, 0) + 1
        # It is told the names as an answer.
        member = self.members[session] = Member(session, name, self.topic.head, self._names)
        return member

    def exit(self, session: Session) -> None:
        member = self.members.pop(session)
        self._late.pop(member, None)
        self.names[member.name] -= 1
        if not self.names[member.name]:
            del self.names[member.name]
            self._names += 1

    def resume(self, member: Member, since: Since | None) -> None:
        """Send a member what it lacks after ``since``, as far as it is ready: all, if that is none of ours."""
        topic = self.topic
        ours = since is not None and since.epoch == self.epoch and 0 <= since.version <= topic.head
        member.seq = since.version if since is not None and ours else topic.tail
        member.told = self._names
        self._bring(member, {})

    # What is said

    def say(self, member: Member, text: str, ts: int, id_: Id | None) -> Said:
        """Somebody says something; whoever is ready has it at once."""
        said = self._keep(Said(room=self.name, sender=member.name, text=text, seq=self.topic.head + 1, ts=ts))
        if id_ is not None:
            member.asked[said.seq] = id_
        for each in self.members.values():
            # Those who lack more are for ``poll``, which doesn't do all at once.
            if each not in self._late:
                self.topic.deliver_to(each)
                if each.seq < self.topic.head:
                    self._late[each] = None
        return said

    def _keep(self, said: Said) -> Said:
        if self.topic.head - self.topic.tail == KEPT:
            self.bytes -= _bytes(self.topic.drop())
        self.bytes += _bytes(said)
        return self.topic.add(lambda _seq: said)

    def forget_half(self) -> None:
        """Let the older half of the history go."""
        for _ in range((self.topic.head - self.topic.tail + 1) // 2):
            self.bytes -= _bytes(self.topic.drop())

    # Those who lack something

    @property
    def waiting(self) -> bool:
        """Whether there is something to ``poll`` for."""
        return bool(self._late) or (self._names > self._told and bool(self.members))

    def poll(self, ts: int, most: int) -> int:
        """Send what some lack, as far as they are ready; returns how many steps that took, ``most`` or few more."""
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
        # A clock that was put back makes nobody wait.
        return self._told_ts is None or not 0 <= ts - self._told_ts < pause_ns

    def _bring(self, member: Member, present: dict[str, bytes]) -> int:
        """Send one what it lacks. ``present``: the names, once encoded, by encoding. Returns how much was sent."""
        sent = self.topic.deliver_to(member)
        if member.told < self._told and member.outlet.ready():
            codec = member.codec
            if codec.name not in present:
                present[codec.name] = codec.encode(Present(room=self.name, names=list(self.names)))
            member.outlet.send(present[codec.name])
            member.told = self._names
            sent += 1
        # Whoever isn't ready is looked at again after all others.
        self._late.pop(member, None)
        if member.seq < self.topic.head or member.told < self._told:
            self._late[member] = None
        return sent


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, or if it is taken with the first number behind it that makes it another."""
    found, number = name, 1
    while found in taken:
        number += 1
        behind = f" ({number})"
        found = name[: MAX_NAME_CHARS - len(behind)] + behind
    return found


def _bytes(said: Said) -> int:
    """What is kept of it, at the most: the text, its UTF-8 by itself and in both encodings, and what is round it."""
    return 1_000 + 4 * (len(said.text) + len(said.text.encode()))
