"""The desk chat: one says, the others see, in order and as text; nobody is in it before it was opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage
from tests.browser.test_connection import GONE
from tests.browser.test_login import REFUSED, new_key, served
from tests.browser.test_looks import NARROW, serious, too_wide


class Room:
    """The panel, as a test uses it."""

    def __init__(self, dashboard: Dashboard) -> None:
        self.dashboard = dashboard
        self.page: Page = dashboard.page
        self.panel = self.page.get_by_role("region", name="Desk chat")
        self.box = self.panel.get_by_label("Say something")
        self.lines = self.panel.locator("[data-said]")

    @property
    def button(self) -> Locator:
        return self.page.locator("#chat-button")

    def enter(self, name: str, room: str = "desk") -> Room:
        self.button.click()
        if room != "desk":
            self.panel.get_by_label("Room").fill(room)
            self.panel.get_by_label("Room").press("Enter")
        self.panel.get_by_label("Your name").fill(name)
        self.panel.get_by_role("button", name="Join").click()
        return self.entered(room)

    def entered(self, room: str = "desk") -> Room:
        expect(self.panel).to_have_attribute("data-room", room)
        return self

    def say(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def texts(self) -> list[str]:
        return self.lines.locator(".text").all_inner_texts()


def come(visit: Visit, stage: Stage, name: str, room: str = "desk", query: str = "") -> Room:
    dashboard = visit(f"{stage.url}/{query}#AAPL,MSFT")
    dashboard.shows("MSFT", "last", 54.1)
    return Room(dashboard).enter(name, room)


@pytest.mark.parametrize("query", ["?encoding=msgpack", "?transport=sse"])
def test_one_says_and_the_other_sees(visit: Visit, stage: Stage, query: str) -> None:
    """With names, in order, one's own marked; and who is there is known to both."""
    room = f"two{query}"
    ann, bob = come(visit, stage, "Ann", room, query), come(visit, stage, "Bob", room)
    for each in (ann, bob):
        expect(each.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bob")
    ann.say("one")
    ann.say("two")
    expect(bob.lines).to_have_count(2)
    bob.say("three")
    for each in (ann, bob):
        expect(each.lines).to_have_count(3)
        assert each.texts() == ["one", "two", "three"]
    expect(ann.panel.locator("[data-mine]")).to_have_count(2)
    expect(bob.panel.locator("[data-mine]")).to_have_count(1)
    expect(bob.lines.first).to_contain_text("Ann")
    ann.page.close()
    expect(bob.panel.locator("#chat-names")).to_have_text("1 here: Bob")


def test_a_text_stays_a_text_and_a_symbol_becomes_a_link(visit: Visit, stage: Stage) -> None:
    """Whatever is written is shown as it was; $NVDA shows its chart, and comes into the list if it wasn't there."""
    ann, bob = come(visit, stage, "Ann", "texts"), come(visit, stage, "<b>Bob</b>", "texts")
    bob.box.fill("look: <img src=x onerror=alert(1)>")
    bob.box.press("Shift+Enter")
    bob.page.keyboard.type("$NVDA, $nope and $5")
    expect(bob.lines).to_have_count(0)
    bob.box.press("Enter")
    expect(ann.lines).to_have_count(1)
    assert ann.texts() == ["look: <img src=x onerror=alert(1)>\n$NVDA, $nope and $5"]
    expect(ann.lines).to_contain_text("<b>Bob</b>")
    expect(ann.lines.locator("img, b b")).to_have_count(0)
    expect(ann.lines.get_by_role("link")).to_have_text(["$NVDA"])
    expect(ann.dashboard.row("NVDA")).to_have_count(0)
    ann.lines.get_by_role("link").click()
    expect(ann.dashboard.row("NVDA")).to_be_visible()
    expect(ann.dashboard.chart).to_have_attribute("data-symbol", "NVDA")
    ann.say("and $msft")
    bob.lines.get_by_role("link", name="$msft").click()
    expect(bob.dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    assert sorted(bob.dashboard.symbols()) == ["AAPL", "MSFT"]


def test_nobody_is_in_it_before_it_was_opened_and_then_that_is_remembered(visit: Visit, stage: Stage) -> None:
    """What comes while the panel is closed is counted at its button, over a reload too."""
    ann = come(visit, stage, "Ann", "quiet")
    other = visit(stage.url + "/#AAPL")
    other.live()
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    bob = Room(other).enter("Bob", "quiet")
    expect(ann.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bob")
    ann.say("one")
    expect(bob.lines).to_have_count(1)
    bob.button.click()
    expect(bob.panel).to_be_hidden()
    ann.say("two")
    expect(bob.button).to_have_accessible_name("Chat, 1 unread")
    bob.page.reload()
    expect(bob.button).to_have_accessible_name("Chat, 1 unread")
    ann.say("three")
    expect(bob.button).to_have_accessible_name("Chat, 2 unread")
    bob.button.click()
    bob.entered("quiet")
    assert bob.texts() == ["one", "two", "three"]
    expect(bob.button).to_have_accessible_name("Chat")
    expect(bob.box).to_be_focused()
    # Who leaves stays out.
    bob.panel.get_by_role("button", name="Leave").click()
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    bob.page.reload()
    other.live()
    ann.say("four")
    expect(ann.lines).to_have_count(4)
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")


def test_after_a_break_it_goes_on_where_it_was(visit: Visit, stage: Stage) -> None:
    """What was said meanwhile comes once, and nothing twice."""
    ann = come(visit, stage, "Ann", "breaks")
    sockets: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    is_down = False
    dashboard = visit("about:blank")

    def through(route: WebSocketRoute) -> None:
        if is_down:
            route.close(code=1012)
        else:
            sockets.append((route, route.connect_to_server()))

    dashboard.page.route_web_socket("**/v1/stream*", through)
    dashboard.page.goto(stage.url + "/?transport=websocket#AAPL")
    dashboard.live()
    bob = Room(dashboard).enter("Bob", "breaks")
    ann.say("one")
    expect(bob.lines).to_have_count(1)
    is_down = True
    page_side, server_side = sockets[-1]
    server_side.close()
    page_side.close(code=1012)
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    expect(bob.panel.locator("#chat-state")).to_contain_text("The connection is lost")
    ann.say("two")
    is_down = False
    dashboard.hurry()
    expect(ann.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bob")
    ann.say("three")
    expect(bob.lines).to_have_count(3)
    bob.say("four")
    for each in (ann, bob):
        expect(each.lines).to_have_count(4)
        assert each.texts() == ["one", "two", "three", "four"]


def test_what_is_not_said_comes_back_into_the_box(visit: Visit, stage: Stage) -> None:
    """Too much at once, or too long: the reason stands below, and nothing that was written is lost."""
    ann = come(visit, stage, "Ann", "limits")
    ann.box.fill("x" * 1_990)
    expect(ann.panel.locator("#chat-count")).to_have_text("10 left")
    ann.box.fill("😀" * 2_003)
    expect(ann.panel.locator("#chat-count")).to_have_text("3 too many")
    ann.box.press("Enter")
    expect(ann.panel.get_by_role("alert")).to_have_text("That is 3 characters too many.")
    expect(ann.lines).to_have_count(0)
    for number in range(30):
        ann.say(f"number {number}")
        ann.page.wait_for_timeout(20)
        if "Not so fast" in ann.panel.get_by_role("alert").inner_text():
            break
    expect(ann.panel.get_by_role("alert")).to_have_text("Not so fast: this was not said.")
    said = ann.texts()
    assert 0 < len(said) < 30
    assert ann.box.input_value() == f"number {len(said)}"


def test_another_name_and_another_room(visit: Visit, stage: Stage) -> None:
    """One is asked for a name once; it can be changed, and so can the room. A name that is taken gets a number."""
    ann, other = come(visit, stage, "Ann", "names"), come(visit, stage, "Ann", "names")
    expect(other.panel.locator("#chat-names")).to_have_text("2 here: Ann, Ann (2)")
    other.panel.get_by_role("button", name="Ann (2)").click()
    other.panel.get_by_label("Your name").fill("Bea")
    other.panel.get_by_label("Your name").press("Enter")
    expect(ann.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bea")
    ann.say("here")
    expect(other.lines).to_have_count(1)
    other.panel.get_by_label("Room").fill("elsewhere")
    other.panel.get_by_label("Room").press("Enter")
    other.entered("elsewhere")
    expect(other.lines).to_have_count(0)
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    expect(other.panel.locator("#chat-names")).to_have_text("1 here: Bea")


def test_keys_open_and_close_it(visit: Visit, stage: Stage) -> None:
    """C opens it and Escape closes it, and the log, which moves by keys, moves no row."""
    ann = come(visit, stage, "Ann", "keys")
    expect(ann.panel.get_by_role("log")).to_have_attribute("aria-live", "polite")
    ann.say("c ? / [")
    expect(ann.lines).to_have_count(1)
    ann.panel.get_by_role("log").focus()
    ann.page.keyboard.press("ArrowDown")
    expect(ann.dashboard.row("AAPL")).to_have_attribute("aria-selected", "true")
    ann.page.keyboard.press("Escape")
    expect(ann.panel).to_be_hidden()
    expect(ann.button).to_be_focused()
    ann.page.locator("body").press("c")
    expect(ann.panel).to_be_visible()
    expect(ann.box).to_be_focused()


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", NARROW), ("dark", {"width": 1280, "height": 800})], ids=["narrow", "wide"]
)
def test_it_bars_nobody(visit: Visit, stage: Stage, scheme: str, viewport: dict[str, int]) -> None:
    """axe-core finds nothing serious in it, and nothing sticks out."""
    dashboard = visit(stage.url + "/#AAPL,MSFT", color_scheme=scheme, viewport=viewport)
    dashboard.live()
    room = Room(dashboard)
    room.button.click()
    assert serious(dashboard) == []
    room.button.click()
    room.enter("Ann", "looks")
    room.say("$AAPL " + "x" * 200)
    room.box.fill("y" * 1_990)
    expect(room.lines).not_to_have_count(0)
    assert serious(dashboard) == []
    assert too_wide(dashboard) == 0


def test_on_a_phone_a_mention_leads_from_the_drawer_to_the_chart(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT", viewport=NARROW, has_touch=True)
    dashboard.shows("MSFT", "last", 54.1)
    room = Room(dashboard).enter("Ann", "phone")
    room.say("$MSFT")
    room.lines.get_by_role("link").tap()
    expect(room.panel).to_be_hidden()
    expect(dashboard.chart).to_be_in_viewport(ratio=0.8)
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    # The drawer isn't open at the next visit: prices come first.
    dashboard.page.reload()
    dashboard.live()
    expect(room.panel).to_be_hidden()


def test_where_the_server_knows_ones_name_it_asks_for_none(visit: Visit, tmp_path: Path) -> None:
    """The key's name is the one that others see."""
    path = tmp_path / "keys.json"
    key = new_key(path, "ann")
    with served(path) as server:
        dashboard = visit(server.url + "/#AAPL")
        dashboard.complaints.expected += [*REFUSED, *GONE]
        dashboard.page.get_by_label("Key or token").fill(key)
        dashboard.button("Log in").click()
        dashboard.live()
        room = Room(dashboard)
        room.button.click()
        room.entered()
        expect(room.panel.get_by_label("Your name")).to_be_hidden()
        expect(room.panel.locator("#chat-names")).to_have_text("1 here: ann")
