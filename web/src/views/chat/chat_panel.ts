// The chat panel: members, messages, and the text box. The page joins a room only after the user opens the panel; that,
// the room and the name are then remembered.

import type { Context } from "../../app/context.ts";
import { load, save } from "../../core/storage.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { DEFAULT_ROOM, type RoomState } from "../../rooms/room.ts";
import { byId, narrowScreen, setData, setText } from "../common/dom.ts";
import { ChatLog } from "./chat_log.ts";

interface Remembered {
  /** Whether the user has joined and not left. */
  on: boolean;
  open: boolean;
  room: string;
  name: string;
}

/** The count of characters left is shown from here on. */
const SHOW_LEFT = 200;
const POLL_ONLY = "The chat is not available over long polling.";

export class ChatPanel {
  private readonly panel = byId("chat");
  private readonly button = byId("chat-button");
  private readonly text = byId<HTMLTextAreaElement>("chat-text");
  private readonly name = byId<HTMLInputElement>("chat-name");
  private readonly place = byId<HTMLInputElement>("chat-room");
  private readonly log: ChatLog;
  private isRenaming = false;
  private remembered: Remembered;

  constructor(private readonly context: Context) {
    const { room, session } = context;
    this.remembered = remembered(load("chat"));
    this.log = new ChatLog(context, () => this.toggle(false));
    room.listener = {
      added: (line) => {
        this.log.add(line);
        // The user's own message was delivered.
        if (line.mine) setText(byId("chat-error"), "");
      },
      cleared: () => this.log.clear(),
      notSent: (text, reason) => this.notSent(text, reason),
    };
    session.onChange(() => this.join());
    room.state.watch((state) => this.show(state));
    room.names.watch((names) => {
      setText(byId("chat-names"), names.length === 0 ? "" : `${names.length} here: ${names.join(", ")}`);
      byId("chat-names").title = names.join("\n");
    });
    room.unread.watch((count) => {
      byId("chat-unread").hidden = count === 0;
      setText(byId("chat-unread"), count > 99 ? "99+" : String(count));
      this.button.setAttribute("aria-label", count === 0 ? "Chat" : `Chat, ${count} unread`);
    });
    document.addEventListener("visibilitychange", () => this.updateVisible());
    this.button.addEventListener("click", () => this.toggle());
    byId("chat-close").addEventListener("click", () => this.toggle(false));
    byId("chat-leave").addEventListener("click", () => {
      this.remember({ on: false });
      room.leave();
      this.toggle(false);
    });
    byId("chat-me").addEventListener("click", () => {
      this.isRenaming = true;
      this.show(room.state.value);
      this.name.select();
    });
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle(false);
    });
    this.connectForms();
    this.place.value = this.remembered.room;
    this.name.value = this.remembered.name;
    // On a narrow screen the panel would cover the list: open it only on request.
    if (this.remembered.on && this.remembered.open && !narrowScreen.matches) this.setOpen(true);
  }

  toggle(isOpen = this.panel.hidden === true): void {
    this.setOpen(isOpen);
    this.remember(isOpen ? { open: true, on: true } : { open: false });
    if (!isOpen) return this.button.focus();
    this.join();
    // On a phone the focus would open the on-screen keyboard over the messages.
    if (!narrowScreen.matches) (byId("chat-join").hidden ? this.text : this.name).focus();
  }

  private setOpen(isOpen: boolean): void {
    this.panel.hidden = !isOpen;
    document.body.classList.toggle("chatting", isOpen);
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.button.classList.toggle("on", isOpen);
    this.updateVisible();
    if (isOpen) this.log.follow();
  }

  private updateVisible(): void {
    this.context.room.visible = !this.panel.hidden && !document.hidden;
  }

  private remember(change: Partial<Remembered>): void {
    this.remembered = { ...this.remembered, ...change };
    save("chat", this.remembered);
  }

  /** Join the room if the user wants to be in it, is not, and has a name. */
  private join(): void {
    const { room, session } = this.context;
    const { on, name, room: place } = this.remembered;
    if (on && session.value && !room.isWanted && (session.value.name !== null || name !== "")) room.join(place, session.value.name === null ? name : null);
    else this.show(room.state.value);
  }

  private show(state: RoomState): void {
    const { session, room, stream } = this.context;
    const needsName = session.value !== null && session.value.name === null;
    const isIn = state.kind === "in";
    const isNameless = needsName && state.kind === "out" && this.remembered.on;
    byId("chat-join").hidden = !needsName || !(isNameless || this.isRenaming || state.kind === "refused");
    byId("chat-me").hidden = !isIn;
    (byId("chat-me") as HTMLButtonElement).disabled = !needsName;
    setText(byId("chat-me"), isIn ? room.name : "");
    setData(this.panel, "room", isIn ? room.room : "");
    byId("chat-form").hidden = state.kind === "none";
    byId<HTMLButtonElement>("chat-say").disabled = !isIn;
    const texts = {
      out: "",
      away: "The connection is lost. The chat resumes when it is back.",
      joining: "",
      in: "",
      none: stream.transportName === "poll" ? POLL_ONLY : "This server has no chat.",
    };
    const text = state.kind === "refused" ? state.message : isNameless ? "Enter a name for the other members to see." : texts[state.kind];
    setText(byId("chat-state"), text);
    byId("chat-state").hidden = text === "";
  }

  private connectForms(): void {
    const { room, session } = this.context;
    this.on("chat-join", () => {
      const name = this.name.value.trim();
      if (name === "") return;
      this.isRenaming = false;
      this.remember({ name, on: true });
      room.join(this.remembered.room, name);
      this.text.focus();
    });
    this.on("chat-place", () => {
      const place = this.place.value.trim() || DEFAULT_ROOM;
      this.place.value = place;
      if (place === this.remembered.room) return;
      this.remember({ room: place });
      if (room.isWanted && session.value) room.join(place, session.value.name === null ? this.remembered.name : null);
    });
    this.place.addEventListener("change", () => byId<HTMLFormElement>("chat-place").requestSubmit());
    this.on("chat-form", () => this.say());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say();
    });
    this.text.addEventListener("input", () => this.count());
  }

  private on(form: string, act: () => void): void {
    byId(form).addEventListener("submit", (event) => {
      event.preventDefault();
      act();
    });
  }

  private get left(): number {
    return (this.context.stream.limits?.text_chars ?? DEFAULT_LIMITS.text_chars) - [...this.text.value.trim()].length;
  }

  private say(): void {
    const text = this.text.value.trim();
    if (text === "") return;
    if (this.context.room.state.value.kind !== "in") return setText(byId("chat-error"), "You are not in the room.");
    if (this.left < 0) return setText(byId("chat-error"), `${-this.left} characters too many.`);
    this.text.value = "";
    this.count();
    this.context.room.say(text);
  }

  /** Put an unsent text back into the box, before what the user has typed since. */
  private notSent(text: string, reason: string): void {
    this.text.value = [text, this.text.value].filter(Boolean).join("\n");
    this.count();
    setText(byId("chat-error"), reason);
  }

  private count(): void {
    const { left } = this;
    setText(byId("chat-count"), left > SHOW_LEFT ? "" : left < 0 ? `${-left} too many` : `${left} left`);
    setData(byId("chat-count"), "over", left < 0 ? "yes" : "");
  }
}

function remembered(stored: unknown): Remembered {
  const { on, open, room, name } = (stored ?? {}) as Partial<Record<keyof Remembered, unknown>>;
  return {
    on: on === true,
    open: open === true,
    room: typeof room === "string" && room !== "" ? room : DEFAULT_ROOM,
    name: typeof name === "string" ? name : "",
  };
}
