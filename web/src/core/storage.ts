// The browser's localStorage. It may be full, blocked or corrupt: the page then works without it.

/** What modules need of the storage; tests keep values in memory. */
export interface KeyValueStore {
  load(key: string): unknown;
  save(key: string, value: unknown): void;
}

const PREFIX = "ticker.";
/** A change from another window is not saved again: two windows would echo it forever. */
let isFollowing = false;

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

export function load(key: string): unknown {
  try {
    return parsed(localStorage.getItem(PREFIX + key));
  } catch {
    return null;
  }
}

export function save(key: string, value: unknown): void {
  if (isFollowing) return;
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Private windows and full disks refuse: the value lasts until the page is closed.
  }
}

/** Call these listeners, by key, with what another window of this browser saves. */
export function onOtherWindow(listeners: Record<string, (stored: unknown) => void>): void {
  addEventListener("storage", ({ key, newValue }) => {
    // Null means that the storage was cleared: this window keeps what it has.
    if (!key?.startsWith(PREFIX) || newValue === null) return;
    isFollowing = true;
    try {
      listeners[key.slice(PREFIX.length)]?.(parsed(newValue));
    } finally {
      isFollowing = false;
    }
  });
}
