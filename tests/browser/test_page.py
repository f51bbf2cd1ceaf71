"""The page's requests and its content security policy."""

from __future__ import annotations

from playwright.sync_api import Request

from tests.browser.conftest import Visit
from tests.browser.serving import Stage


def test_all_requests_go_to_the_server(visit: Visit, stage: Stage) -> None:
    """Of the page and its WebSocket."""
    requested: list[str] = []
    dashboard = visit("about:blank")
    dashboard.page.on("request", lambda request: requested.append(address(request)))
    dashboard.page.on("websocket", lambda socket: requested.append(socket.url.replace("ws:", "http:")))
    dashboard.page.goto(stage.url)
    dashboard.live()
    assert f"{stage.url}/static/app.js" in requested
    assert [url for url in requested if not url.startswith(stage.url + "/") and not url.startswith("data:")] == []


def test_the_policy_blocks_markup_scripts_and_styles(visit: Visit, stage: Stage) -> None:
    """Also those that the page's own code inserts."""
    dashboard = visit(stage.url)
    dashboard.errors.expected += [
        "CSP violation",
        "Content Security Policy",
        "TrustedHTML",
        "TrustedScript",
    ]
    result = dashboard.page.evaluate(
        """() => {
          const blocked = [];
          const attempt = (what) => { try { what(); } catch (error) { blocked.push(error.name); } };
          attempt(() => { document.body.innerHTML = "<b>x</b>"; });
          const script = document.createElement("script");
          attempt(() => { script.text = "window.owned = 1"; });
          document.body.append(script);
          const style = document.createElement("style");
          style.textContent = "body { display: none }";
          document.head.append(style);
          return [blocked, window.owned ?? null, getComputedStyle(document.body).display === "none"];
        }"""
    )
    assert result == [["TypeError", "TypeError"], None, False]


def address(request: Request) -> str:
    return request.url
