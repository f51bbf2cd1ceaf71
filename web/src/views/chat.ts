// The desk chat's panel: who is there, what is said, and the box to say something in. Nothing is joined before it was
// opened once; then that, the room and the name are remembered.

import type { Context } from "../context.ts";
import { ROOM, type RoomState } from "../room.ts";
import { load, save } from "../storage.ts";
import { ChatLog } from "./chatlog.ts";
import { mark, narrow, need, write } from "./dom.ts";

interface Remembered {
  on: boolean;
  open: boolean;
  room: string;
  name: string;
}

const MOST_CHARS = 2000;
/** With so many left, or fewer, they are counted. */
const NEAR = 200;
const OVER_POLLS = "The chat doesn’t come through this network: it lets only prices through.";

export class Chat {
  private readonly panel = need("chat");
  private readonly button = need("chat-button");
  private readonly text = need<HTMLTextAreaElement>("chat-text");
  private readonly name = need<HTMLInputElement>("chat-name");
  private readonly place = need<HTMLInputElement>("chat-room");
  private readonly log: ChatLog;
  private isRenaming = false;
  private remembered: Remembered;

  constructor(private readonly context: Context) {
    const { room, who } = context;
    this.remembered = remembered(load("chat"));
    this.log = new ChatLog(context, () => this.toggle(false));
    room.hearer = {
      added: (line) => {
        this.log.add(line);
        // One's own word has arrived.
        if (line.mine) write(need("chat-error"), "");
      },
      cleared: () => this.log.clear(),
      unsaid: (text, why) => this.unsaid(text, why),
    };
    who.onChange(() => this.join());
    room.state.watch((state) => this.show(state));
    room.names.watch((names) => {
      write(need("chat-names"), names.length === 0 ? "" : `${names.length} here: ${names.join(", ")}`);
      need("chat-names").title = names.join("\n");
    });
    room.unread.watch((count) => {
      need("chat-unread").hidden = count === 0;
      write(need("chat-unread"), count > 99 ? "99+" : String(count));
      this.button.setAttribute("aria-label", count === 0 ? "Chat" : `Chat, ${count} unread`);
    });
    document.addEventListener("visibilitychange", () => this.attend());
    this.button.addEventListener("click", () => this.toggle());
    need("chat-close").addEventListener("click", () => this.toggle(false));
    need("chat-leave").addEventListener("click", () => {
      this.remember({ on: false });
      room.leave();
      this.toggle(false);
    });
    need("chat-me").addEventListener("click", () => {
      this.isRenaming = true;
      this.show(room.state.value);
      this.name.select();
    });
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle(false);
    });
    this.takeForms();
    this.place.value = this.remembered.room;
    this.name.value = this.remembered.name;
    // Over a small screen's list nothing lies that wasn't asked for now.
    if (this.remembered.on && this.remembered.open && !narrow.matches) this.lay(true);
  }

  toggle(isOpen = this.panel.hidden === true): void {
    this.lay(isOpen);
    this.remember(isOpen ? { open: true, on: true } : { open: false });
    if (!isOpen) return this.button.focus();
    this.join();
    // On a phone a focus would bring up the keyboard over what is to be read.
    if (!narrow.matches) (need("chat-join").hidden ? this.text : this.name).focus();
  }

  private lay(isOpen: boolean): void {
    this.panel.hidden = !isOpen;
    document.body.classList.toggle("chatting", isOpen);
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.button.classList.toggle("on", isOpen);
    this.attend();
    if (isOpen) this.log.follow();
  }

  private attend(): void {
    this.context.room.attended = !this.panel.hidden && !document.hidden;
  }

  private remember(change: Partial<Remembered>): void {
    this.remembered = { ...this.remembered, ...change };
    save("chat", this.remembered);
  }

  /** Into the room, if one wants to be there, isn't, and has a name. */
  private join(): void {
    const { room, who } = this.context;
    const { on, name, room: place } = this.remembered;
    if (on && who.value && !room.isWanted && (who.value.name !== null || name !== "")) room.join(place, who.value.name === null ? name : null);
    else this.show(room.state.value);
  }

  private show(state: RoomState): void {
    const { who, room, live } = this.context;
    const asksName = who.value !== null && who.value.name === null;
    const isIn = state.kind === "in";
    const isNameless = asksName && state.kind === "out" && this.remembered.on;
    need("chat-join").hidden = !asksName || !(isNameless || this.isRenaming || state.kind === "refused");
    need("chat-me").hidden = !isIn;
    (need("chat-me") as HTMLButtonElement).disabled = !asksName;
    write(need("chat-me"), isIn ? room.name : "");
    mark(this.panel, "room", isIn ? room.room : "");
    need("chat-form").hidden = state.kind === "none";
    need<HTMLButtonElement>("chat-say").disabled = !isIn;
    const words = {
      out: "",
      away: "The connection is lost; the chat goes on when it is back.",
      joining: "",
      in: "",
      none: live.transport === "poll" ? OVER_POLLS : "This server has no chat.",
    };
    const said = state.kind === "refused" ? state.message : isNameless ? "Say who you are, for the others in the room." : words[state.kind];
    write(need("chat-state"), said);
    need("chat-state").hidden = said === "";
  }

  private takeForms(): void {
    const { room, who } = this.context;
    this.on("chat-join", () => {
      const name = this.name.value.trim();
      if (name === "") return;
      this.isRenaming = false;
      this.remember({ name, on: true });
      room.join(this.remembered.room, name);
      this.text.focus();
    });
    this.on("chat-place", () => {
      const place = this.place.value.trim() || ROOM;
      this.place.value = place;
      if (place === this.remembered.room) return;
      this.remember({ room: place });
      if (room.isWanted && who.value) room.join(place, who.value.name === null ? this.remembered.name : null);
    });
    this.place.addEventListener("change", () => need<HTMLFormElement>("chat-place").requestSubmit());
    this.on("chat-form", () => this.say());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say();
    });
    this.text.addEventListener("input", () => this.count());
  }

  private on(form: string, act: () => void): void {
    need(form).addEventListener("submit", (event) => {
      event.preventDefault();
      act();
    });
  }

  private get left(): number {
    return (this.context.live.limits?.text_chars ?? MOST_CHARS) - [...this.text.value.trim()].length;
  }

  private say(): void {
    const text = this.text.value.trim();
    if (text === "") return;
    if (this.context.room.state.value.kind !== "in") return write(need("chat-error"), "You are not in the room now.");
    if (this.left < 0) return write(need("chat-error"), `That is ${-this.left} characters too many.`);
    this.text.value = "";
    this.count();
    this.context.room.say(text);
  }

  /** What was not said goes back into the box, before what has been written since. */
  private unsaid(text: string, why: string): void {
    this.text.value = [text, this.text.value].filter(Boolean).join("\n");
    this.count();
    write(need("chat-error"), why);
  }

  private count(): void {
    const { left } = this;
    write(need("chat-count"), left > NEAR ? "" : left < 0 ? `${-left} too many` : `${left} left`);
    mark(need("chat-count"), "over", left < 0 ? "yes" : "");
  }
}

function remembered(stored: unknown): Remembered {
  const { on, open, room, name } = (stored ?? {}) as Partial<Record<keyof Remembered, unknown>>;
  return {
    on: on === true,
    open: open === true,
    room: typeof room === "string" && room !== "" ? room : ROOM,
    name: typeof name === "string" ? name : "",
  };
}
