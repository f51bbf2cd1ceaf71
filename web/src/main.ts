// The entry point: creates the context and the views.

import { Context } from "./app/context.ts";
import { ServerInfo } from "./app/server_info.ts";
import { settingsFrom } from "./app/settings.ts";
import { ShortestInterval } from "./app/shortest_interval.ts";
import { SparklineHistory } from "./app/sparkline_history.ts";
import { syncUrlHash } from "./app/url_hash.ts";
import { watchSession } from "./client/session.ts";
import { readPalette } from "./core/palette.ts";
import { load } from "./core/storage.ts";
import { AlertForm } from "./views/alerts/alert_form.ts";
import { AlertList } from "./views/alerts/alert_list.ts";
import { ChatPanel } from "./views/chat/chat_panel.ts";
import { AddBox } from "./views/header/add_box.ts";
import { columnsMenu, placeMenus, settingsMenu } from "./views/header/menus.ts";
import { notes } from "./views/header/notes.ts";
import { Status } from "./views/header/status.ts";
import { applyTheme, themeButtons } from "./views/header/theme.ts";
import { keyboard } from "./views/page/keyboard.ts";
import { Login } from "./views/page/login.ts";
import { ReplayBar } from "./views/page/replay_bar.ts";
import { toasts } from "./views/page/toasts.ts";
import { Chart } from "./views/symbol/chart.ts";
import { IntervalField } from "./views/symbol/interval_field.ts";
import { SymbolPanel } from "./views/symbol/symbol_panel.ts";
import { TradeList } from "./views/symbol/trade_list.ts";
import { csvDownload } from "./views/watchlist/csv_download.ts";
import { ListMenu } from "./views/watchlist/list_menu.ts";
import { UnknownSymbols } from "./views/watchlist/unknown_symbols.ts";
import { Watchlist } from "./views/watchlist/watchlist.ts";

const { theme, colours } = settingsFrom(load("settings"));
applyTheme(theme, colours);

const context = new Context(readPalette());
syncUrlHash(context);
toasts(context);
themeButtons(context);
const server = new ServerInfo(context);
const watchlist = new Watchlist(context);
new UnknownSymbols(context);
const addBox = new AddBox(context);
new ListMenu(context);
columnsMenu(context);
settingsMenu(context);
notes(context, () => void server.fetchFeed());
placeMenus();
const shortest = new ShortestInterval(context);
const symbolView = new SymbolPanel(context, shortest);
new IntervalField(context, shortest);
new AlertList(context);
const alertForm = new AlertForm(context);
new Chart(context, (price) => alertForm.addPrice(price));
new TradeList(context);
new Status(context);
new Login(context);
new ReplayBar(context);
csvDownload(context, watchlist);
keyboard(context, watchlist, addBox, symbolView, new ChatPanel(context));

const history = new SparklineHistory(context);
setInterval(() => history.fill(watchlist.rendered), 500);

watchSession(context.stream.connectionState, context.session);
context.watch();
context.stream.start();
