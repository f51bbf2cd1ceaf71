// Who one is: the server's word, where it asks that; else what this browser makes up once, and keeps.

import type { Context } from "./context.ts";
import { ask } from "./http.ts";
import { load, save } from "./storage.ts";

export interface Who {
  /** The key's name; null where the server doesn't ask who one is. */
  name: string | null;
  /** Whose alerts are one's own; null where the server knows. */
  owner: string | null;
}

const AGAIN_MS = 3000;
const OWNER_BYTES = 16;

/** Keeps `context.who` true: it is null until one is connected and the server has said who one is. */
export function learnWho(context: Context): void {
  const { live, who } = context;
  let connection = 0;
  let isOpen = false;
  live.link.watch(({ kind }) => {
    // A new epoch says "open" once more.
    if (isOpen === (kind === "open")) return;
    isOpen = !isOpen;
    connection++;
    who.value = null;
    if (isOpen) void learn(connection);
  });

  async function learn(asked: number): Promise<void> {
    try {
      const session = (await ask("/v1/session")) as { required?: boolean; name?: string | null };
      if (asked === connection) who.value = session.required === true ? { name: session.name ?? "", owner: null } : { name: null, owner: owner() };
    } catch {
      setTimeout(() => {
        if (asked === connection) void learn(asked);
      }, AGAIN_MS);
    }
  }
}

let made: string | null = null;

/** Whoever knows it sees these alerts: it is long enough that nobody guesses it. */
function owner(): string {
  const stored = load("owner");
  if (typeof stored === "string" && /^[0-9a-f]{32}$/.test(stored)) return stored;
  if (made === null) {
    made = Array.from(crypto.getRandomValues(new Uint8Array(OWNER_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    save("owner", made);
  }
  return made;
}
