// The browser's storage, which may be full, forbidden or spoilt: then the page works, and forgets.

const PREFIX = "ticker.";
/** What came from another window isn't written again: two windows would answer each other for ever. */
let following = false;

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
  if (following) return;
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Private windows and full disks refuse; what was chosen holds until the page is closed.
  }
}

/** Call these with what another window of the browser has saved under their names. */
export function follow(hearers: Record<string, (stored: unknown) => void>): void {
  addEventListener("storage", ({ key, newValue }) => {
    // Null is "forget it all"; what this window shows stays until it is left.
    if (!key?.startsWith(PREFIX) || newValue === null) return;
    following = true;
    try {
      hearers[key.slice(PREFIX.length)]?.(parsed(newValue));
    } finally {
      following = false;
    }
  });
}
