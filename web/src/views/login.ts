// Logging in, where the server asks who one is; and out.

import type { Context } from "../context.ts";
import { ask, Refused } from "../http.ts";
import { need, write } from "./dom.ts";

export class Login {
  private readonly dialog = need<HTMLDialogElement>("login");
  private readonly key = need<HTMLInputElement>("login-key");

  constructor(private readonly context: Context) {
    const { link } = context.live;
    link.watch(({ kind }) => {
      if (kind === "locked") this.show();
      else if (kind === "open" && this.dialog.open) this.dialog.close();
    });
    context.who.onChange((who) => {
      if (!who) return;
      need("account").hidden = who.name === null;
      write(need("account-name"), who.name ?? "");
    });
    // There is nothing behind it to go back to.
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    need("login-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.logIn();
    });
    need("logout").addEventListener("click", () => void this.logOut());
  }

  private show(): void {
    need("account").hidden = true;
    if (this.dialog.open) return;
    this.key.value = "";
    write(need("login-error"), "");
    this.dialog.showModal();
  }

  private async logIn(): Promise<void> {
    const button = need<HTMLButtonElement>("login-button");
    button.disabled = true;
    write(need("login-error"), "");
    try {
      await ask("/v1/login", { key: this.key.value.trim() });
      this.key.value = "";
      this.dialog.close();
      this.context.live.start();
    } catch (error) {
      const { status, message } = error as Refused;
      write(need("login-error"), status === 401 ? "This key is not good, or not any more." : `${message}.`);
      this.key.select();
    } finally {
      button.disabled = false;
    }
  }

  private async logOut(): Promise<void> {
    await ask("/v1/logout", {}).catch(() => undefined);
    // Nothing of what was seen stays in sight.
    location.reload();
  }
}
