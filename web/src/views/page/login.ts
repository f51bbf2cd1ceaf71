// Login and logout, for servers with authentication.

import type { Context } from "../../app/context.ts";
import { fetchJson, HttpError } from "../../core/http.ts";
import { byId, setText } from "../common/dom.ts";

export class Login {
  private readonly dialog = byId<HTMLDialogElement>("login");
  private readonly key = byId<HTMLInputElement>("login-key");

  constructor(private readonly context: Context) {
    const { connectionState } = context.stream;
    connectionState.watch(({ kind }) => {
      if (kind === "locked") this.show();
      else if (kind === "open" && this.dialog.open) this.dialog.close();
    });
    context.session.onChange((session) => {
      if (!session) return;
      byId("account").hidden = session.name === null;
      setText(byId("account-name"), session.name ?? "");
    });
    // Without a login there is nothing to show behind the dialog.
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("login-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.logIn();
    });
    byId("logout").addEventListener("click", () => void this.logOut());
  }

  private show(): void {
    byId("account").hidden = true;
    if (this.dialog.open) return;
    this.key.value = "";
    setText(byId("login-error"), "");
    this.dialog.showModal();
  }

  private async logIn(): Promise<void> {
    const button = byId<HTMLButtonElement>("login-button");
    button.disabled = true;
    setText(byId("login-error"), "");
    try {
      await fetchJson("/v1/login", { key: this.key.value.trim() });
      this.key.value = "";
      this.dialog.close();
      this.context.stream.start();
    } catch (error) {
      const { status, message } = error as HttpError;
      setText(byId("login-error"), status === 401 ? "This key is not valid." : `${message}.`);
      this.key.select();
    } finally {
      button.disabled = false;
    }
  }

  private async logOut(): Promise<void> {
    await fetchJson("/v1/logout", {}).catch(() => undefined);
    // A reload removes all prices from the page.
    location.reload();
  }
}
