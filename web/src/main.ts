// Puts the page together. Each part says of itself what it does.

import { followAddress } from "./address.ts";
import { Context } from "./context.ts";
import { History } from "./history.ts";
import { readPalette } from "./palette.ts";
import { Server } from "./server.ts";
import { settingsFrom } from "./settings.ts";
import { load } from "./storage.ts";
import { Absent } from "./views/absent.ts";
import { AddBox } from "./views/addbox.ts";
import { AlertForm } from "./views/alertform.ts";
import { Alerts } from "./views/alerts.ts";
import { Chart } from "./views/chart.ts";
import { Chat } from "./views/chat.ts";
import { download } from "./views/download.ts";
import { keyboard } from "./views/keyboard.ts";
import { Login } from "./views/login.ts";
import { ListMenu } from "./views/listmenu.ts";
import { columnsMenu, placeMenus, settingsMenu } from "./views/menus.ts";
import { ReplayBar } from "./views/replaybar.ts";
import { Status } from "./views/status.ts";
import { SymbolView } from "./views/symbol.ts";
import { Tape } from "./views/tape.ts";
import { themeButtons, wear } from "./views/theme.ts";
import { toasts } from "./views/toasts.ts";
import { Watchlist } from "./views/watchlist.ts";
import { learnWho } from "./who.ts";

const { theme, colours } = settingsFrom(load("settings"));
wear(theme, colours);

const context = new Context(readPalette());
followAddress(context);
toasts(context);
themeButtons(context);
new Server(context);
const watchlist = new Watchlist(context);
new Absent(context);
const addBox = new AddBox(context);
new ListMenu(context);
columnsMenu(context);
settingsMenu(context);
placeMenus();
const symbolView = new SymbolView(context);
new Alerts(context);
const alertForm = new AlertForm(context);
new Chart(context, (price) => alertForm.addPrice(price));
new Tape(context);
new Status(context);
new Login(context);
new ReplayBar(context);
download(context, watchlist);
keyboard(context, watchlist, addBox, symbolView, new Chat(context));

const history = new History(context);
setInterval(() => history.fill(watchlist.inSight), 500);

learnWho(context);
context.want();
context.live.start();
