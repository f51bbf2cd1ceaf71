// What the user has chosen, and reading it back from storage. Pure.

import { COLUMNS, DEFAULT_COLUMNS } from "./columns.ts";
import { ZONES, type Zone } from "./format.ts";
import { ENCODINGS, INTERVALS, type Encoding, type Interval } from "./protocol.ts";
import type { Sort } from "./sorting.ts";

export const THEMES = ["system", "light", "dark"] as const;
export const COLOURS = ["green-red", "blue-orange"] as const;
/** Updates a second; 0 is all of them, at once. */
export const RATES = [1, 2, 5, 10, 20, 0] as const;

export interface Settings {
  theme: (typeof THEMES)[number];
  colours: (typeof COLOURS)[number];
  rate: number;
  encoding: Encoding;
  muted: boolean;
  columns: string[];
  sort: Sort | null;
  interval: Interval;
  zone: Zone;
}

export const DEFAULTS: Settings = {
  theme: "system",
  colours: "green-red",
  rate: 10,
  encoding: "json",
  muted: false,
  columns: DEFAULT_COLUMNS,
  sort: null,
  interval: "1m",
  zone: "local",
};

function one<T>(allowed: readonly T[], value: unknown, otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise;
}

/** What was stored, each part of it only if it is possible. */
export function settingsFrom(stored: unknown): Settings {
  const found = (typeof stored === "object" && stored !== null ? stored : {}) as Partial<Settings>;
  const fields = COLUMNS.map(({ field }) => field);
  const columns = Array.isArray(found.columns) ? found.columns.filter((name) => fields.includes(name)) : DEFAULTS.columns;
  const sort = found.sort && fields.includes(found.sort.field) ? { field: found.sort.field, descending: found.sort.descending === true } : null;
  return {
    theme: one(THEMES, found.theme, DEFAULTS.theme),
    colours: one(COLOURS, found.colours, DEFAULTS.colours),
    rate: one<number>(RATES, found.rate, DEFAULTS.rate),
    encoding: one(ENCODINGS, found.encoding, DEFAULTS.encoding),
    muted: found.muted === true,
    columns,
    sort,
    interval: one(INTERVALS, found.interval, DEFAULTS.interval),
    zone: one(ZONES, found.zone, DEFAULTS.zone),
  };
}
