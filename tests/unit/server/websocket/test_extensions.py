"""Which compression offers are accepted and declined (RFC 7692, section 7.1; RFC 6455, section 9.1)."""

from __future__ import annotations

import pytest

from ticker.server.websocket.extensions import negotiate

YES = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
YES_12 = f"{YES}; server_max_window_bits=12"

TAKEN = {
    # The offers of browsers, aiohttp and `websockets`.
    "permessage-deflate": YES,
    "permessage-deflate; client_max_window_bits": YES,
    # Single parameters; a smaller window than the requested one is allowed.
    "permessage-deflate; server_no_context_takeover": YES,
    "permessage-deflate; client_no_context_takeover": YES,
    "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12": YES_12,
    "permessage-deflate; server_max_window_bits=15": YES_12,
    "permessage-deflate; client_max_window_bits=8": YES,
    "permessage-deflate; client_max_window_bits=15; server_no_context_takeover; client_no_context_takeover": YES,
    # Other spellings.
    'permessage-deflate; server_max_window_bits="13"': YES_12,
    'permessage-deflate; server_max_window_bits="1\\3"': YES_12,
    " permessage-deflate ;\tclient_max_window_bits = 10 ": YES,
    "permessage-deflate;client_max_window_bits;server_max_window_bits=12": YES_12,
    # Several offers: the first acceptable one.
    "x-webkit-deflate-frame, permessage-deflate": YES,
    "permessage-deflate; server_max_window_bits=9, permessage-deflate; server_max_window_bits=14": YES_12,
    "permessage-deflate; server_max_window_bits=15, permessage-deflate": YES_12,
    "permessage-deflate; unheard_of, permessage-deflate": YES,
    ",, permessage-deflate, ,": YES,
}


@pytest.mark.parametrize(("line", "answer"), TAKEN.items(), ids=TAKEN)
def test_acceptable_offers(line: str, answer: str) -> None:
    """Never with context between messages."""
    assert negotiate([line]) == answer


DECLINED = [
    "",
    ",",
    "x-webkit-deflate-frame",
    "permessage-bzip2",
    "permessage-deflates",
    "permessage-deflate; unheard_of",
    "permessage-deflate; unheard_of=1",
    "permessage-deflate; Client_Max_Window_Bits",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover=true",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
    "permessage-deflate; server_max_window_bits=12; server_max_window_bits=12",
    "permessage-deflate; server_max_window_bits",
    *(f"permessage-deflate; server_max_window_bits={bits}" for bits in ("8", "11", "16", "012", "+12", "1e1", "-12")),
    *(f"permessage-deflate; client_max_window_bits={bits}" for bits in ("7", "16", "08", "0", "100", "x")),
    # A comma within quotes starts no other offer.
    'other; why="permessage-deflate"',
]


@pytest.mark.parametrize("line", DECLINED)
def test_declined_offers(line: str) -> None:
    assert negotiate([line]) is None


@pytest.mark.parametrize(
    "line",
    [
        ";",
        "permessage-deflate;",
        "permessage-deflate; ;",
        "permessage-deflate, ;",
        "permessage-deflate=1",
        "permessage-deflate; server_max_window_bits=",
        'permessage-deflate; server_max_window_bits=""',
        'other; why="because, and; so"',
        'permessage-deflate; client_max_window_bits="10',
        'permessage-deflate; client_max_window_bits="10, permessage-deflate',
        'permessage-deflate; client_max_window_bits="10, permessage-deflate, 11"',
        'permessage-deflate; client_max_window_bits="10\\"',
        "permessage-deflate client_max_window_bits",
        "permessage-deflate; client_max_window_bits==10",
        "permessage-deflate; ä",
        "permessage-deflate; (none)",
        'permessage-deflate, "x"',
        "a;" * 4_000,
        "a " * 4_000,
        'a;b="' + "\\a" * 4_000,
    ],
    ids=lambda line: line[:60],
)
def test_malformed_offers_are_errors(line: str) -> None:
    """Also after an acceptable offer."""
    with pytest.raises(ValueError, match="Sec-WebSocket-Extensions"):
        negotiate(["permessage-deflate", line])


def test_offers_may_be_in_several_headers() -> None:
    assert negotiate([]) is None
    assert negotiate(["other", "permessage-deflate; server_max_window_bits=12", "permessage-deflate"]) == YES_12
