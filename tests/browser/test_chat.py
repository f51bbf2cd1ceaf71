"""The chat: messages, members, names and rooms."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute

from tests.browser.conftest import Staging, Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import KeyedServer, Stage
from tests.browser.test_login import UNAUTHORIZED, log_in
from tests.browser.test_looks import NARROW, serious, too_wide
from ticker.wire.limits import Limits


class Room:
    """The chat panel."""

    def __init__(self, dashboard: Dashboard) -> None:
        self.dashboard = dashboard
        self.page: Page = dashboard.page
        self.panel = self.page.get_by_role("region", name="Chat")
        self.box = self.panel.get_by_label("Message", exact=True)
        self.lines = self.panel.locator("[data-said]")

    @property
    def button(self) -> Locator:
        return self.page.locator("#chat-button")

    def join(self, name: str, room: str = "desk") -> Room:
        self.button.click()
        if room != "desk":
            self.panel.get_by_label("Room").fill(room)
            self.panel.get_by_label("Room").press("Enter")
        self.panel.get_by_label("Your name").fill(name)
        self.panel.get_by_role("button", name="Join").click()
        return self.in_room(room)

    def in_room(self, room: str = "desk") -> Room:
        expect(self.panel).to_have_attribute("data-room", room)
        return self

    def send(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def texts(self) -> list[str]:
        return self.lines.locator(".text").all_inner_texts()


def open_chat(visit: Visit, stage: Stage, name: str, room: str = "desk", query: str = "") -> Room:
    dashboard = visit(f"{stage.url}/{query}#AAPL,MSFT")
    dashboard.shows("MSFT", "last", 54.1)
    return Room(dashboard).join(name, room)


@pytest.mark.parametrize("query", ["?encoding=msgpack", "?transport=sse"])
def test_members_receive_messages_in_order(visit: Visit, stage: Stage, query: str) -> None:
    """With names and a list of members; own messages are marked."""
    room = f"two{query}"
    ann, bob = open_chat(visit, stage, "Ann", room, query), open_chat(visit, stage, "Bob", room)
    for each in (ann, bob):
        expect(each.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bob")
    ann.send("one")
    ann.send("two")
    expect(bob.lines).to_have_count(2)
    bob.send("three")
    for each in (ann, bob):
        expect(each.lines).to_have_count(3)
        assert each.texts() == ["one", "two", "three"]
    expect(ann.panel.locator("[data-mine]")).to_have_count(2)
    expect(bob.panel.locator("[data-mine]")).to_have_count(1)
    expect(bob.lines.first).to_contain_text("Ann")
    ann.page.close()
    expect(bob.panel.locator("#chat-names")).to_have_text("1 here: Bob")


def test_markup_stays_text_and_a_symbol_becomes_a_link(visit: Visit, stage: Stage) -> None:
    """A click on $NVDA adds the symbol to the list if needed and shows its chart."""
    ann, bob = open_chat(visit, stage, "Ann", "texts"), open_chat(visit, stage, "<b>Bob</b>", "texts")
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
    ann.send("and $msft")
    bob.lines.get_by_role("link", name="$msft").click()
    expect(bob.dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    assert sorted(bob.dashboard.symbols()) == ["AAPL", "MSFT"]


def test_any_listed_symbol_becomes_a_link(visit: Visit, staging: Staging) -> None:
    """With digits, dots, carets and spaces; an amount and a longer name are text."""
    names = ("AAPL", "0700.HK", "^GSPC", "1INCH-USD", "BRK.B", "ES=F", "NIFTY 50")
    stage = staging(*names)
    stage.trade("^GSPC", 4_780.2)
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    ann = Room(dashboard).join("Ann")
    ann.send("$0700.HK $^GSPC, $1INCH-USD and $BRK.B; $ES=F. $NIFTY 50 $nifty 50")
    ann.send("$5 $1.50 $100k $AAPLX $BRK $1,000 $ES=G")
    expect(ann.lines).to_have_count(2)
    links = ["$0700.HK", "$^GSPC", "$1INCH-USD", "$BRK.B", "$ES=F", "$NIFTY 50", "$nifty 50"]
    expect(ann.lines.get_by_role("link")).to_have_text(links)
    ann.lines.get_by_role("link", name="$^GSPC").click()
    expect(dashboard.chart).to_have_attribute("data-symbol", "^GSPC")
    ann.lines.get_by_role("link", name="$nifty 50", exact=True).click()
    expect(dashboard.chart).to_have_attribute("data-symbol", "NIFTY 50")


def test_the_page_joins_a_room_only_after_the_panel_was_opened(visit: Visit, stage: Stage) -> None:
    """Later it rejoins after a reload, and counts unread messages while the panel is closed. Leaving lasts."""
    ann = open_chat(visit, stage, "Ann", "quiet")
    other = visit(stage.url + "/#AAPL")
    other.live()
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    bob = Room(other).join("Bob", "quiet")
    expect(ann.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bob")
    ann.send("one")
    expect(bob.lines).to_have_count(1)
    bob.button.click()
    expect(bob.panel).to_be_hidden()
    ann.send("two")
    expect(bob.button).to_have_accessible_name("Chat, 1 unread")
    bob.page.reload()
    expect(bob.button).to_have_accessible_name("Chat, 1 unread")
    ann.send("three")
    expect(bob.button).to_have_accessible_name("Chat, 2 unread")
    bob.button.click()
    bob.in_room("quiet")
    assert bob.texts() == ["one", "two", "three"]
    expect(bob.button).to_have_accessible_name("Chat")
    expect(bob.box).to_be_focused()
    bob.panel.get_by_role("button", name="Leave").click()
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    bob.page.reload()
    other.live()
    ann.send("four")
    expect(ann.lines).to_have_count(4)
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")


def test_after_a_reconnect_missed_messages_arrive_once(visit: Visit, stage: Stage) -> None:
    ann = open_chat(visit, stage, "Ann", "breaks")
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
    bob = Room(dashboard).join("Bob", "breaks")
    ann.send("one")
    expect(bob.lines).to_have_count(1)
    is_down = True
    page_side, server_side = sockets[-1]
    server_side.close()
    page_side.close(code=1012)
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    expect(bob.panel.locator("#chat-state")).to_contain_text("The connection is lost")
    ann.send("two")
    is_down = False
    dashboard.reconnect_now()
    expect(ann.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bob")
    ann.send("three")
    expect(bob.lines).to_have_count(3)
    bob.send("four")
    for each in (ann, bob):
        expect(each.lines).to_have_count(4)
        assert each.texts() == ["one", "two", "three", "four"]


def test_an_unsent_message_returns_to_the_box(visit: Visit, staging: Staging) -> None:
    """A message that is too long or exceeds the rate limit is shown with the reason, and its text is kept."""
    stage = staging("AAPL", "MSFT", limits=Limits(says_per_minute=1))
    stage.trade("MSFT", 54.1)
    ann = open_chat(visit, stage, "Ann", "limits")
    ann.box.fill("x" * 1_990)
    expect(ann.panel.locator("#chat-count")).to_have_text("10 left")
    ann.box.fill("😀" * 2_003)
    expect(ann.panel.locator("#chat-count")).to_have_text("3 too many")
    ann.box.press("Enter")
    expect(ann.panel.get_by_role("alert")).to_have_text("3 characters too many.")
    expect(ann.lines).to_have_count(0)
    for text in ("one", "two"):
        ann.send(text)
    expect(ann.panel.get_by_role("alert")).to_contain_text("too many messages")
    assert ann.texts() == ["one"]
    expect(ann.box).to_have_value("two")


def test_a_member_can_change_name_and_room(visit: Visit, stage: Stage) -> None:
    """A name that is taken gets a number."""
    ann, other = open_chat(visit, stage, "Ann", "names"), open_chat(visit, stage, "Ann", "names")
    expect(other.panel.locator("#chat-names")).to_have_text("2 here: Ann, Ann (2)")
    other.panel.get_by_role("button", name="Ann (2)").click()
    other.panel.get_by_label("Your name").fill("Bea")
    other.panel.get_by_label("Your name").press("Enter")
    expect(ann.panel.locator("#chat-names")).to_have_text("2 here: Ann, Bea")
    ann.send("here")
    expect(other.lines).to_have_count(1)
    other.panel.get_by_label("Room").fill("elsewhere")
    other.panel.get_by_label("Room").press("Enter")
    other.in_room("elsewhere")
    expect(other.lines).to_have_count(0)
    expect(ann.panel.locator("#chat-names")).to_have_text("1 here: Ann")
    expect(other.panel.locator("#chat-names")).to_have_text("1 here: Bea")


def test_keys_open_and_close_the_chat(visit: Visit, stage: Stage) -> None:
    """C opens it and Escape closes it. Arrow keys in the log scroll it and do not select rows."""
    ann = open_chat(visit, stage, "Ann", "keys")
    expect(ann.panel.get_by_role("log")).to_have_attribute("aria-live", "polite")
    ann.send("c ? / [")
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
def test_the_chat_is_accessible(visit: Visit, stage: Stage, scheme: str, viewport: dict[str, int]) -> None:
    """axe-core finds nothing serious, and the page does not scroll sideways."""
    dashboard = visit(stage.url + "/#AAPL,MSFT", color_scheme=scheme, viewport=viewport)
    dashboard.live()
    room = Room(dashboard)
    room.button.click()
    assert serious(dashboard) == []
    room.button.click()
    room.join("Ann", "looks")
    room.send("$AAPL " + "x" * 200)
    room.box.fill("y" * 1_990)
    expect(room.lines).not_to_have_count(0)
    assert serious(dashboard) == []
    assert too_wide(dashboard) == 0


def test_on_a_phone_a_mention_closes_the_chat_and_opens_the_chart(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT", viewport=NARROW, has_touch=True)
    dashboard.shows("MSFT", "last", 54.1)
    room = Room(dashboard).join("Ann", "phone")
    room.send("$MSFT")
    room.lines.get_by_role("link").tap()
    expect(room.panel).to_be_hidden()
    expect(dashboard.chart).to_be_in_viewport(ratio=0.8)
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    # After a reload the drawer is closed: it would cover the list.
    dashboard.page.reload()
    dashboard.live()
    expect(room.panel).to_be_hidden()


def test_with_authentication_the_name_is_the_keys(visit: Visit, keyed: KeyedServer) -> None:
    dashboard = visit(keyed.url + "/#AAPL")
    dashboard.errors.expected += UNAUTHORIZED
    log_in(dashboard, keyed.ann)
    dashboard.live()
    room = Room(dashboard)
    room.button.click()
    room.in_room()
    expect(room.panel.get_by_label("Your name")).to_be_hidden()
    expect(room.panel.locator("#chat-names")).to_have_text("1 here: ann")
