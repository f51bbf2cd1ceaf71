// The session: the key's name if the server requires authentication, otherwise an owner id that this browser generates.

import { fetchSession } from "../core/http.ts";
import type { Signal } from "../core/signal.ts";
import { load, save } from "../core/storage.ts";
import type { ConnectionState } from "./connection.ts";

export interface Session {
  /** The key's name; null without authentication. */
  name: string | null;
  /** The owner of this browser's alerts; null with authentication, where the key is the owner. */
  owner: string | null;
}

const RETRY_MS = 3000;
const OWNER_BYTES = 16;

/** Keep `session` up to date: null until the page is connected and the server has answered. */
export function watchSession(connectionState: Signal<ConnectionState>, session: Signal<Session | null>): void {
  let connection = 0;
  let isOpen = false;
  connectionState.watch(({ kind }) => {
    // A new epoch on the same connection reports "open" again.
    if (isOpen === (kind === "open")) return;
    isOpen = !isOpen;
    connection++;
    session.value = null;
    if (isOpen) void request(connection);
  });

  async function request(requested: number): Promise<void> {
    try {
      const { required, name } = await fetchSession();
      if (requested === connection) session.value = required ? { name: name ?? "", owner: null } : { name: null, owner: owner() };
    } catch {
      setTimeout(() => {
        if (requested === connection) void request(requested);
      }, RETRY_MS);
    }
  }
}

let generated: string | null = null;

/** The owner id gives access to the alerts: 128 random bits can't be guessed. */
function owner(): string {
  const stored = load("owner");
  if (typeof stored === "string" && /^[0-9a-f]{32}$/.test(stored)) return stored;
  if (generated === null) {
    generated = Array.from(crypto.getRandomValues(new Uint8Array(OWNER_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    save("owner", generated);
  }
  return generated;
}
