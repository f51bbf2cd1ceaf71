"""The page as a browser gets it: it keeps to its policy, and needs nothing from elsewhere."""

from __future__ import annotations

from playwright.sync_api import Request

from tests.browser.conftest import Visit
from tests.browser.serving import Stage


def test_nothing_comes_from_elsewhere(visit: Visit, stage: Stage) -> None:
    """Every request of the page goes to the server that it came from."""
    asked: list[str] = []
    dashboard = visit("about:blank")
    dashboard.page.on("request", lambda request: asked.append(address(request)))
    dashboard.page.on("websocket", lambda socket: asked.append(socket.url.replace("ws:", "http:")))
    dashboard.page.goto(stage.url)
    dashboard.live()
    assert f"{stage.url}/static/app.js" in asked
    assert [url for url in asked if not url.startswith(stage.url + "/") and not url.startswith("data:")] == []


def test_the_policy_holds_against_the_pages_own_mistakes(visit: Visit, stage: Stage) -> None:
    """Text that would become markup or code is stopped by the browser, whoever tries it."""
    dashboard = visit(stage.url)
    dashboard.complaints.expected += [
        "CSP violation",
        "Content Security Policy",
        "TrustedHTML",
        "TrustedScript",
    ]
    tried = dashboard.page.evaluate(
        """() => {
          const stopped = [];
          const tried = (what) => { try { what(); } catch (error) { stopped.push(error.name); } };
          tried(() => { document.body.innerHTML = "<b>x</b>"; });
          const script = document.createElement("script");
          tried(() => { script.text = "window.owned = 1"; });
          document.body.append(script);
          const style = document.createElement("style");
          style.textContent = "body { display: none }";
          document.head.append(style);
          return [stopped, window.owned ?? null, getComputedStyle(document.body).display === "none"];
        }"""
    )
    assert tried == [["TypeError", "TypeError"], None, False]


def address(request: Request) -> str:
    return request.url
