// The replay's clock as the server tells it, and the words to drive it with. Pure; asking is `http.ts`'s.

export interface ReplayStatus {
  state: "playing" | "paused" | "ended";
  /** Stamps in ns, as near as a float comes to them. */
  position: number;
  first: number;
  last: number;
  speed: number;
  loop: boolean;
}

export type ReplayAction =
  | { action: "pause" | "resume" }
  | { action: "step"; count?: number }
  | { action: "seek"; to: number | string }
  | { action: "speed"; speed: number };

export const SPEEDS = [0.5, 1, 10, 100, 0] as const;

/** Null if the answer is no status. */
export function statusFrom(answer: unknown): ReplayStatus | null {
  const found = answer as Partial<ReplayStatus> | null;
  if (!found || !["playing", "paused", "ended"].includes(found.state ?? "")) return null;
  for (const key of ["first", "last", "speed"] as const) if (!Number.isFinite(found[key])) return null;
  return { ...found, position: Number.isFinite(found.position) ? found.position : found.first } as ReplayStatus;
}

/** Where the slider stands: ms since the first stamp. Between two statuses the newest tick tells. */
export function positionMs(status: ReplayStatus, newestTs: number): number {
  const position = status.state === "playing" ? Math.max(status.position, Math.min(newestTs, status.last)) : status.position;
  return Math.max(0, (position - status.first) / 1e6);
}
