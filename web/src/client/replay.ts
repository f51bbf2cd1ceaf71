// The replay's status and actions: the answers and bodies of `/v1/replay`.

export interface ReplayStatus {
  state: "playing" | "paused" | "ended";
  /** Times in ns, rounded to a float. */
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

/** Null if the answer is not a status. */
export function statusFrom(answer: unknown): ReplayStatus | null {
  const found = answer as Partial<ReplayStatus> | null;
  if (!found || !["playing", "paused", "ended"].includes(found.state ?? "")) return null;
  for (const key of ["first", "last", "speed"] as const) if (!Number.isFinite(found[key])) return null;
  return { ...found, position: Number.isFinite(found.position) ? found.position : found.first } as ReplayStatus;
}

/** The slider's position: ms since the first tick. Between two statuses it follows the newest tick. */
export function positionMs(status: ReplayStatus, newestTs: number): number {
  const position = status.state === "playing" ? Math.max(status.position, Math.min(newestTs, status.last)) : status.position;
  return Math.max(0, (position - status.first) / 1e6);
}
