"""Hostile HTTP requests, as bytes, and the allowed responses."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.frames import handshake

#: In the headers of every request; must never be logged.
SECRET = "tk_5ec4e7ed_never-to-be-logged"
_ALWAYS = (f"X-Api-Key: {SECRET}", "Connection: close")
_JSON = "Content-Type: application/json"


@dataclass(frozen=True, slots=True)
class HostileRequest:
    """``statuses`` are the allowed ones. With ``answered`` false the connection may end without a response."""

    name: str
    wire: bytes
    statuses: tuple[int, ...]
    answered: bool = True


def requests(bearer: str) -> list[HostileRequest]:
    """``bearer`` is a valid key. The symbols are AAPL, MSFT and NVDA; the feed is a replay."""
    found = [*_heads(), *_credentials(), *_queries(bearer), *_bodies(bearer), *_handshakes(bearer)]
    assert len({each.name for each in found}) == len(found)
    return found


def request(
    target: str | bytes, *headers: str | bytes, method: str | bytes = "GET", body: bytes = b"", bearer: str = ""
) -> bytes:
    lines = [b" ".join((_bytes(method), _bytes(target), b"HTTP/1.1")), b"Host: localhost"]
    lines += map(_bytes, (*_ALWAYS, *headers))
    if bearer:
        lines.append(_bytes(f"Authorization: Bearer {bearer}"))
    return b"\r\n".join((*lines, b"", body))


def posted(target: str | bytes, body: bytes, *headers: str | bytes, bearer: str = "") -> bytes:
    return request(target, _JSON, f"Content-Length: {len(body)}", *headers, method="POST", body=body, bearer=bearer)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _heads() -> Iterator[HostileRequest]:
    """Malformed request heads, and other protocols."""
    secret = f"X-Api-Key: {SECRET}\r\n".encode()
    for name, wire in {
        "a method that there is not": request("/healthz", method="BREW"),
        "a method with NUL": request("/healthz", method=b"G\0T"),
        "a method of 9,000 letters": request("/healthz", method="A" * 9_000),
        "no target": request(""),
        "a target of 9,000 letters": request("/" + "a" * 9_000),
        "a file of 9,000 letters": request("/static/" + "x" * 9_000),
        "bytes in the target": request(b"/\xff"),
        "bytes in the query": request(b"/healthz?x=\xff"),
        "a fragment that is bytes": request(b"/healthz#\xff"),
        "another host's address, cut off": request("http://[::1/healthz"),
        "another host's address, port 99999": request("http://x:99999/healthz"),
        "a header of 9,000 letters": request("/healthz", "X: " + "a" * 9_000),
        "a header's name of 9,000 letters": request("/healthz", "a" * 9_000 + ": 1"),
        "5,000 headers": request("/healthz", *(f"X{number}: 1" for number in range(5_000))),
        "a header with NUL": request("/healthz", b"X: \0"),
        "a header without a name": request("/healthz", ": 1"),
        "a header without a colon": request("/healthz", "hello"),
        "a header that goes on": request("/healthz", "X: 1", " more"),
        "a header with a blank before its colon": request("/healthz", "X : 1"),
        "a header's name in brackets": request("/healthz", "<X>: 1"),
        "a line feed alone": b"GET /healthz HTTP/1.1\nHost: localhost\n" + secret + b"\n",
        "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n" + secret + b"\r\n",
        "HTTP/x": b"GET /healthz HTTP/x\r\n" + secret + b"\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(200),
        "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
        "bytes": bytes(range(256)) * 4,
        "NUL": bytes(1_000),
        "a WebSocket frame": b"\x81\x85\x01\x02\x03\x04hello\r\n\r\n",
        "no host": b"POST /v1/login HTTP/1.1\r\n" + secret + b"\r\n",
        "two lengths": request("/v1/login", "Content-Length: 5", "Content-Length: 6", method="POST", body=b"x" * 6),
        "a length below zero": request("/v1/login", "Content-Length: -5", method="POST"),
        "a length of 23 digits": request("/v1/login", "Content-Length: " + "9" * 23, method="POST"),
        "a length in letters": request("/v1/login", "Content-Length: five", method="POST", body=b"hello"),
        "a length with a plus": request("/v1/login", "Content-Length: +5", method="POST", body=b"hello"),
        "a length, and chunks": request(
            "/v1/login", "Content-Length: 5", "Transfer-Encoding: chunked", method="POST", body=b"0\r\n\r\n"
        ),
        "a transfer that there is not": request("/v1/login", "Transfer-Encoding: secret", method="POST"),
        "a chunk's size in letters": request(
            "/v1/login", _JSON, "Transfer-Encoding: chunked", method="POST", body=b"zz\r\n"
        ),
        "a chunk's size beyond 64 bits": request(
            "/v1/login", _JSON, "Transfer-Encoding: chunked", method="POST", body=b"F" * 20 + b"\r\nab"
        ),
    }.items():
        yield HostileRequest(f"head: {name}", wire, (400, 411, 413, 414, 431, 501), answered=False)
    for name, wire, statuses in (
        ("another method", request("/healthz", method="POST", body=b""), (401, 405)),
        ("TRACE", request("/healthz", method="TRACE"), (401, 405)),
        ("OPTIONS *", request("*", method="OPTIONS"), (400, 401, 404)),
        ("CONNECT", request("evil.example:443", method="CONNECT"), (400, 401, 404)),
        ("another host's address", request("http://evil.example/healthz"), (200, 400, 404)),
        ("two slashes", request("//evil.example//healthz"), (400, 401, 404)),
        ("a file of 5,000 letters", request("/static/" + "x" * 5_000), (404,)),
        ("a file outside", request("/static/../../etc/passwd"), (401, 404)),
        ("a file outside, written otherwise", request("/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), (404,)),
        ("a file with NUL", request("/static/%00"), (404,)),
        ("a file that is no text", request("/static/%FF%FE"), (404,)),
        ("tags that are none", request("/", b'If-None-Match: "\xff", W/"x", *, ,,"'), (200, 304, 404)),
        ("a range that is none", request("/", "Range: bytes=99999999999-,-5"), (200, 404)),
        ("an encoding that is none", request("/", b"Accept-Encoding: \xff;q=x"), (200, 404)),
        ("an expectation that is none", request("/healthz", "Expect: the-unexpected"), (417,)),
        ("another protocol", request("/healthz", "Upgrade: h2c"), (200,)),
        ("bytes as the host", b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n" + secret + b"Connection: close\r\n\r\n", (200,)),
        ("HTTP/1.0 and no host", b"GET /healthz HTTP/1.0\r\n" + secret + b"\r\n", (200,)),
        ("HTTP/0.9", b"GET /healthz\r\n\r\n", (200, 400)),
        (
            "HTTP/1.0, no host, another site",
            b"POST /v1/login HTTP/1.0\r\nOrigin: http://x\r\n" + secret + b"\r\n",
            (403,),
        ),
    ):
        yield HostileRequest(f"head: {name}", wire, statuses)
    for name, origin in {
        "no address": b"http://[::1",
        "port 99999": b"http://x:99999",
        "bytes": b"\xff\xfe",
        "null": b"null",
        "of 8,000 letters": b"http://" + b"x" * 8_000,
    }.items():
        yield HostileRequest(f"origin: {name}", posted("/v1/login", b"{}", b"Origin: " + origin), (403,))
        hosted = b"POST /v1/login HTTP/1.1\r\nHost: [\r\nOrigin: " + origin + b"\r\nConnection: close\r\n\r\n"
        yield HostileRequest(f"origin: {name}, and a host that is none", hosted, (403,))


def _credentials() -> Iterator[HostileRequest]:
    """Invalid keys, tokens and cookies."""
    wrong = (401, 429)
    for name, credential in {
        "nothing": b"",
        "bytes": b"\xff\xfe",
        "letters beyond ASCII": "tk_€".encode(),
        "a key with bytes in it": b"tk_00000000_" + b"\xff" * 43,
        "8,000 letters": b"x" * 8_000,
        "2,000 dots": b"." * 2_000,
        "4,000 parts": b"a." * 4_000,
        "a token of nothing": b"e30.e30.",
        "a token of lists": b"W10.W10.W10",
        "a token with no algorithm": b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.",
        "a token whose algorithm is a list": b"eyJhbGciOltdfQ.e30.e30",
        "a token whose key is a list": b"eyJhbGciOiJIUzI1NiIsImtpZCI6W119.e30.e30",
        "a token whose key is an object": b"eyJhbGciOiJIUzI1NiIsImtpZCI6e319.e30.e30",
        "a token of deep lists": b"W1tbW1tbW1tb" * 600 + b".e30.e30",
    }.items():
        yield HostileRequest(f"bearer: {name}", request("/v1/symbols", b"Authorization: Bearer " + credential), wrong)
        body = json.dumps({"key": credential.decode("latin-1")}).encode()
        yield HostileRequest(f"login: {name}", posted("/v1/login", body), wrong)
    for name, header in {
        "two headers": f"Authorization: Bearer {SECRET}\r\nAuthorization: Bearer {SECRET}",
        "another scheme": "Authorization: Basic eDp5",
        "no scheme": f"Authorization: {SECRET}",
    }.items():
        yield HostileRequest(f"bearer: {name}", request("/v1/symbols", header), wrong)
    for name, cookie in {
        "bytes": b"\xff.\xfe",
        "a dot": b".",
        "nothing": b"",
        "8,000 letters": b"A" * 8_000,
        "equals signs": b"=" * 7_000,
        "a body and no signature": b"OTk5OTk5OTk5OTprOjAwMDAwMDAw.",
        "a body and a wrong signature": b"OTk5OTk5OTk5OTprOjAwMDAwMDAw.eA",
        "a quoted one": b'"\\377\\000"',
        "letters that are none": b"\xe2\x82\xac.\xe2\x82\xac",
    }.items():
        head = b"Cookie: ticker_session=" + cookie
        yield HostileRequest(f"cookie: {name}", request("/v1/symbols", head), (401,))
        yield HostileRequest(f"session cookie: {name}", request("/v1/session", head), (200,))


def _queries(bearer: str) -> Iterator[HostileRequest]:
    """Query parameters and paths."""
    text = {
        "NUL and a line break": "%00%0d%0aX-Injected:%201",
        "bytes": "%FF%FE",
        "half a surrogate": "%ED%A0%80",
        "signs of per cent": "%zz%",
        "8,000 letters": "A" * 8_000,
        "markup": "%3Cscript%3E",
        "digits that are none": "%D9%A1",
        "raised digits": "%C2%B2",
        "nothing": "",
        "a number below zero": "-1",
        "30 digits": "9" * 30,
        "19 digits": "9" * 19,
        "2^63": str(2**63),
        "a fraction": "1.5",
        "NaN": "nan",
        "1e999": "1e999",
    }
    for name, value in text.items():
        for what, target, statuses in (
            ("snapshot, symbols", f"/v1/snapshot?symbols={value}", (200, 400)),
            ("bars, symbol", f"/v1/bars/{value}", (404,)),
            ("bars, interval", f"/v1/bars/AAPL?interval={value}", (400,)),
            ("bars, format", f"/v1/bars/AAPL?format={value}", (400,)),
            ("bars, start", f"/v1/bars/AAPL?start={value}", (200, 400)),
            ("bars, end", f"/v1/bars/AAPL?end={value}", (200, 400)),
            ("bars, limit", f"/v1/bars/AAPL?limit={value}", (400,)),
            ("poll, symbols", f"/v1/poll?symbols={value}&wait=0", (200, 204, 400)),
            ("poll, since", f"/v1/poll?symbols=AAPL&wait=0&epoch=x&since={value}", (200, 400)),
            ("poll, epoch", f"/v1/poll?symbols=AAPL&wait=0&since=1&epoch={value}", (200,)),
            ("stream, encoding", f"/v1/stream?encoding={value}", (400,)),
        ):
            yield HostileRequest(f"{what}: {name}", request(target, bearer=bearer), statuses)
        if value not in ("", "1.5", "%D9%A1"):  # Python reads numbers in these
            yield HostileRequest(
                f"poll, wait: {name}", request(f"/v1/poll?symbols=AAPL&wait={value}", bearer=bearer), (400,)
            )
    for name, target, statuses in (
        ("bars: a day that there is not", "/v1/bars/AAPL?start=2024-02-31", (400,)),
        ("bars: the first day of all", "/v1/bars/AAPL?start=0001-01-01&end=0001-01-02", (200, 400)),
        ("bars: the last day of all", "/v1/bars/AAPL?end=9999-12-31T23:59:59%2B00:01", (200, 400)),
        ("bars: an offset of 99 hours", "/v1/bars/AAPL?end=2024-01-01T00:00:00%2B99:99", (400,)),
        ("bars: all of it", "/v1/bars/AAPL?start=-9&limit=0&interval=&format=", (400,)),
        ("bars: a limit below one", "/v1/bars/AAPL?limit=0", (400,)),
        ("bars: a limit too high", "/v1/bars/AAPL?limit=15001", (400,)),
        ("snapshot: keys without names", "/v1/snapshot?=&&&;&symbols[]=AAPL&symbols", (400,)),
        ("snapshot: 1,400 symbols", "/v1/snapshot?symbols=" + ",".join(f"A{n}" for n in range(1_400)), (200,)),
        ("snapshot: 4,000 commas", "/v1/snapshot?symbols=" + "," * 4_000, (400,)),
        ("snapshot: 600 keys", "/v1/snapshot?" + "symbols=A&" * 600, (200,)),
        ("events: a rate that is none", "/v1/events?symbols=AAPL&rate=fast", (400,)),
        ("events: a version that is none", "/v1/events?symbols=AAPL&epoch=x&since=-1", (400,)),
        ("nothing that there is", "/v1/%2e%2e/%00", (404,)),
    ):
        yield HostileRequest(name, request(target, bearer=bearer), statuses)
    for name, last in {
        "bytes": b"\xff\xfe-1",
        "digits": b"9" * 8_000,
        "a dash": b"-",
        "an epoch": b"x-" + b"9" * 40,
    }.items():
        asked = request("/v1/poll?symbols=AAPL&wait=0", b"Last-Event-ID: " + last, bearer=bearer)
        yield HostileRequest(f"poll, Last-Event-ID: {name}", asked, (200,))


def _bodies(bearer: str) -> Iterator[HostileRequest]:
    """Bodies of POST requests."""
    deep = b"[" * 3_900
    bodies = {
        "nothing": b"",
        "bytes": b"\xff\xfe",
        "NUL": b"\0",
        "deep lists": deep,
        "deep lists behind a key": b'{"key":"tk_x","action":"pause","x":' + deep,
        "deep objects": b'{"a":' * 780,
        "a list": b"[]",
        "a string": b'"pause"',
        "null": b"null",
        "NaN": b'{"key":NaN,"action":"speed","speed":NaN}',
        "huge numbers": b'{"key":1e400,"action":"speed","speed":1e400}',
        "3,000 digits": b'{"key":%b,"action":"seek","to":%b}' % (b"9" * 3_000, b"9" * 3_000),
        "half a surrogate": b'{"key":"\\ud800","action":"\\ud800"}',
        "too much": b'{"key":1,"action":"pause","x":"%b"}' % (b"x" * 70_000),
        "something compressed": gzip.compress(b'{"key":"tk_x","action":"pause"}'),
    }
    for name, body in bodies.items():
        # Endpoints read the same bytes as different messages, with different errors.
        for what in ("login", "replay", "poll", "snapshot"):
            sent = posted(f"/v1/{what}", body, bearer="" if what == "login" else bearer)
            yield HostileRequest(f"{what}, body: {name}", sent, (400, 401, 413, 429))
    for name, body in {
        "no symbols": b'{"symbols":null}',
        "symbols that are objects": b'{"symbols":[{}]}',
        "half a surrogate as a symbol": b'{"symbols":["\\ud800"]}',
        "10^30 as a version": b'{"symbols":["AAPL"],"epoch":"x","since":%d,"wait":0}' % 10**30,
        "10^400 seconds": b'{"symbols":["AAPL"],"wait":%d}' % 10**400,
        "20,000 symbols": b'{"symbols":[%b]}' % b",".join([b'"A"'] * 20_000),
    }.items():
        # A repeated symbol counts once, and a lone surrogate may be any unknown symbol.
        yield HostileRequest(f"poll: {name}", posted("/v1/poll", body, bearer=bearer), (200, 400, 413))
    for name, body in {
        "an action that there is not": b'{"action":"\\u0000\\u202e"}',
        "no action": b"{}",
        "a step of 10^30": b'{"action":"step","count":%d}' % 10**30,
        "a step below zero": b'{"action":"step","count":-1}',
        "a step of a string": b'{"action":"step","count":"1"}',
        "a seek to nowhere": b'{"action":"seek"}',
        "a seek to a list": b'{"action":"seek","to":[]}',
        "a seek to words": b'{"action":"seek","to":"%b"}' % (b"9" * 3_000),
        "a seek to NUL": b'{"action":"seek","to":"\\u0000"}',
        "a speed below zero": b'{"action":"speed","speed":-1}',
        "a speed of 10^308 and more": b'{"action":"speed","speed":%d}' % 10**400,
        "a speed of true": b'{"action":"speed","speed":true}',
    }.items():
        yield HostileRequest(f"replay: {name}", posted("/v1/replay", body, bearer=bearer), (400,))
    for sign in ("", "-"):
        body = b'{"action":"seek","to":%b}' % f"{sign}{10**25}".encode()
        yield HostileRequest(f"replay: a seek to {sign}10^25", posted("/v1/replay", body, bearer=bearer), (200, 400))
    for name, headers in {
        "compressed, and it is not": ["Content-Encoding: gzip"],
        "deflated, and it is not": ["Content-Encoding: deflate"],
        "compressed in a way that there is not": ["Content-Encoding: secret"],
    }.items():
        yield HostileRequest(f"login: {name}", posted("/v1/login", b"garbage", *headers), (400, 415))
    bomb = gzip.compress(bytes(20_000_000))
    yield HostileRequest("login: 20 MB in 20 KB", posted("/v1/login", bomb, "Content-Encoding: gzip"), (400, 413))
    hidden = gzip.compress(json.dumps({"key": bearer}).encode())
    yield HostileRequest(
        "login: a good key, compressed", posted("/v1/login", hidden, "Content-Encoding: gzip"), (400, 415)
    )
    kinds: dict[str, str | bytes] = {"none": "X: 1", "text": "Content-Type: text/plain"}
    kinds["words"] = b'Content-Type: \xff/json; a="b'
    for name, kind in kinds.items():
        for path, who in (("/v1/login", ""), ("/v1/replay", bearer)):
            sent = request(path, kind, "Content-Length: 2", method="POST", body=b"{}", bearer=who)
            yield HostileRequest(f"{path}, content type: {name}", sent, (415,))
    for name, token in {"that there is not": "x", "of bytes": "%FF", "of 8,000 letters": "x" * 8_000}.items():
        yield HostileRequest(f"events, to a stream {name}", posted(f"/v1/events/{token}", b"{}", bearer=bearer), (404,))


def _handshakes(bearer: str) -> Iterator[HostileRequest]:
    """Invalid upgrades (``tests/e2e/test_websocket.py`` has those that RFC 6455 forbids)."""
    who = f"Bearer {bearer}"
    for name, wire, statuses in (
        ("not logged in", handshake(), (401,)),
        ("a key of bytes", handshake(Authorization=who, Sec_WebSocket_Key="ÿ" * 24), (400,)),
        ("a key of 8,000 letters", handshake(Authorization=who, Sec_WebSocket_Key="A" * 8_000), (400,)),
        ("a version of 8,000 digits", handshake(Authorization=who, Sec_WebSocket_Version="1" * 8_000), (426,)),
        ("another site", handshake(Authorization=who, Origin="https://evil.example"), (403,)),
        ("an encoding that there is not", handshake(Authorization=who, path="/v1/stream?encoding=xml"), (400,)),
    ):
        yield HostileRequest(f"handshake: {name}", wire, statuses)
