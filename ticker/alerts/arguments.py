"""What a client's message about alerts names: the owner, the id, and what the alert counts towards."""

from __future__ import annotations

from typing import Final

from ticker.errors import ProtocolError
from ticker.hub.session import Session
from ticker.wire import messages as wire
from ticker.wire.messages import DeskMessage, Id

#: Maximum characters of an alert's id and of an owner's name.
MAX_CHARS: Final = 64


def source_of(session: Session) -> str:
    """What the session's alerts count towards. With authentication the limit of its owner is enough."""
    return "" if session.owner else session.source


def owner_name(session: Session, message: DeskMessage) -> str:
    if session.owner:
        return session.owner
    name = message.owner if isinstance(message, wire.Alert | wire.Alerts | wire.Unalert) else None
    if name is None:
        raise ProtocolError("no-owner", "owner: missing; choose a text that others cannot guess", message.id)
    if not 0 < len(name) <= MAX_CHARS:
        raise ProtocolError("bad-argument", f"owner: must have 1 to {MAX_CHARS} characters", message.id)
    return name


def alert_id(message: wire.Alert | wire.Unalert) -> Id:
    id_ = message.id
    if id_ is None:
        raise ProtocolError("bad-argument", "id: missing")
    if isinstance(id_, str) and not 0 < len(id_) <= MAX_CHARS:
        raise ProtocolError("bad-argument", f"id: must be an integer or a text of 1 to {MAX_CHARS} characters", id_)
    return id_
