// The browser's storage, which may be full, forbidden or spoilt: then the page works, and forgets.

const PREFIX = "ticker.";

export function load(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

export function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Private windows and full disks refuse; what was chosen holds until the page is closed.
  }
}
