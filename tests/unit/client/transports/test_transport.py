"""Whether an HTTP status is the server's, or may be a proxy's, so that another transport could get through."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from ticker.client.exceptions import TransportBlockedError
from ticker.client.transports.transport import refused_upgrade


@pytest.mark.parametrize(
    "headers",
    [[("Server", "ticker"), ("Retry-After", "5")], [("Server", "Caddy"), ("server", "ticker"), ("Retry-After", "5")]],
)
@pytest.mark.parametrize("status", [500, 503])
def test_a_servers_error_is_final_for_all_transports(status: int, headers: list[tuple[str, str]]) -> None:
    error = refused_upgrade(status, CIMultiDict(headers))
    assert not isinstance(error, TransportBlockedError)
    assert getattr(error, "retry_after_s", None) == 5


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Server", "nginx")],
        [("Server", "ticker/1.0")],
        # Any JSON API may answer like this.
        [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Retry-After", "5"),
        ],
    ],
)
def test_another_servers_error_leaves_the_other_transports(headers: list[tuple[str, str]]) -> None:
    assert isinstance(refused_upgrade(503, CIMultiDict(headers)), TransportBlockedError)


@pytest.mark.parametrize("status", [401, 429])
def test_a_wrong_key_and_a_rate_limit_are_final_from_any_server(status: int) -> None:
    assert not isinstance(refused_upgrade(status, {}), TransportBlockedError)
