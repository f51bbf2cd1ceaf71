"""Pages whose history, feed and stream a test scripts: what a server would send, without its market."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Route, WebSocketRoute

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard

Row = list[Any]
#: The rows of an interval, and what else the answer of `/v1/bars` has.
History = Callable[[str], tuple[Sequence[Row], dict[str, Any]]]

SECOND_NS = 10**9


def bar(start_s: int, close: float, *, closed: bool = True) -> Row:
    """A row of `/v1/bars`."""
    return [start_s * SECOND_NS, close - 1, close + 1, close - 2, close, 100, close, 3, closed]


class Script:
    """The dashboard at ``url``, with scripted answers. ``send`` puts messages into its stream."""

    def __init__(
        self,
        visit: Visit,
        url: str,
        *,
        history: History | None = None,
        feed: dict[str, Any] | None = None,
        symbols: str = "AAPL",
        query: str = "",
        **settings: Any,
    ) -> None:
        self.dashboard: Dashboard = visit("about:blank", **settings)
        self._sockets: list[WebSocketRoute] = []
        self._listeners: list[Callable[[str], object]] = []
        #: Channels, and intervals of bars, whose first message the server has sent.
        self._answered: set[tuple[str, str | None]] = set()
        page = self.dashboard.page
        if feed is not None:
            page.route("**/v1/feed", lambda route: route.fulfill(json=feed))
        self.history = history
        if history is not None:
            page.route("**/v1/bars/**", self._answer)
        page.route_web_socket("**/v1/stream*", self._connect)
        page.add_init_script(RECORD_TEXTS)
        page.goto(f"{url}/?{query}#{symbols}")
        self.dashboard.live()

    def _answer(self, route: Route) -> None:
        found = re.search(r"interval=([^&]+)", route.request.url)
        assert found is not None
        assert self.history is not None
        # The page asks for older bars, too: there are none.
        rows, more = self.history(found[1]) if "end=" not in route.request.url else ((), {})
        route.fulfill(json={"symbol": "AAPL", "interval": found[1], "bars": list(rows), **more})

    def _connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def back(payload: str | bytes) -> None:
            route.send(payload)
            message = json.loads(payload)
            if message["type"] in ("trades", "bars"):
                self._answered.add((message["type"], message.get("interval")))

        server.on_message(back)

        def forward(payload: str | bytes) -> None:
            for listener in self._listeners:
                listener(str(payload))
            server.send(payload)

        route.on_message(forward)
        self._sockets.append(route)

    def on_sent(self, listener: Callable[[str], object]) -> None:
        """Call ``listener`` with each message that the page sends."""
        self._listeners.append(listener)

    def until_subscribed(self, channel: str, interval: str | None = None) -> None:
        """Wait for the server's first message of a channel: it has none of a script, and would come after that."""
        self.dashboard.until(lambda: (channel, interval) in self._answered, bool)

    def send(self, **message: Any) -> None:
        self._sockets[-1].send(json.dumps(message))

    def send_bars(self, interval: str, *rows: Row) -> None:
        self.until_subscribed("bars", interval)
        self.send(type="bars", interval=interval, since=0, version=0, data=[["AAPL", *row] for row in rows])

    def labels(self) -> dict[str, float]:
        """The texts of the chart's time scale, with their places in px from the chart's left."""
        found: dict[str, float] = self.dashboard.page.evaluate("() => window.timeLabels()")
        return found

    def hover(self, x: float) -> str:
        """The legend with the mouse over the chart at ``x``."""
        box = self.dashboard.page.locator("#canvas").bounding_box()
        assert box is not None
        self.dashboard.page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        self.dashboard.page.wait_for_timeout(40)
        return self.dashboard.chart.locator("[data-ohlc]").inner_text()


#: The chart is a canvas: record the texts that are drawn on it.
RECORD_TEXTS = """
{
  const drawn = [];
  const fillText = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, ...rest) {
    const { a, e } = this.getTransform();
    // The time of the frame: a slow machine draws one frame's texts over some time.
    drawn.push({ text, x: a * x + e, canvas: this.canvas, at: document.timeline.currentTime });
    if (drawn.length > 5000) drawn.splice(0, 2500);
    return fillText.call(this, text, x, ...rest);
  };
  window.drawnTexts = () => drawn.map(({ text }) => text);
  window.timeLabels = () => {
    const left = document.getElementById("canvas").getBoundingClientRect();
    const place = ({ canvas }) => canvas.getBoundingClientRect();
    const scale = drawn.filter((each) => each.canvas.isConnected && place(each).top > left.bottom - 40);
    const last = scale.reduce((latest, { at }) => Math.max(latest, at), 0);
    const marks = scale.filter(({ at }) => at === last);
    return Object.fromEntries(marks.map((each) => [each.text, each.x + place(each).left - left.left]));
  };
}
"""
