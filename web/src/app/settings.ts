// The user's settings, and validating stored ones.

import { type Zone, ZONES } from "../core/format.ts";
import { isInterval } from "../market/intervals.ts";
import { type Encoding, ENCODINGS, type Interval } from "../protocol/messages.ts";
import { COLUMNS, DEFAULT_COLUMNS } from "../watchlist/columns.ts";
import type { Sort } from "../watchlist/sorting.ts";

export const THEMES = ["system", "light", "dark"] as const;
export const COLOURS = ["green-red", "blue-orange"] as const;
/** Updates per second; 0: every update at once. */
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

function oneOf<T>(allowed: readonly T[], value: unknown, otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise;
}

/** Stored settings; invalid values become the defaults. */
export function settingsFrom(stored: unknown): Settings {
  const found = (typeof stored === "object" && stored !== null ? stored : {}) as Partial<Settings>;
  const fields = COLUMNS.map(({ field }) => field);
  const columns = Array.isArray(found.columns) ? found.columns.filter((name) => fields.includes(name)) : DEFAULTS.columns;
  const sort = found.sort && fields.includes(found.sort.field) ? { field: found.sort.field, descending: found.sort.descending === true } : null;
  return {
    theme: oneOf(THEMES, found.theme, DEFAULTS.theme),
    colours: oneOf(COLOURS, found.colours, DEFAULTS.colours),
    rate: oneOf<number>(RATES, found.rate, DEFAULTS.rate),
    encoding: oneOf(ENCODINGS, found.encoding, DEFAULTS.encoding),
    muted: found.muted === true,
    columns,
    sort,
    interval: isInterval(found.interval) ? found.interval : DEFAULTS.interval,
    zone: oneOf(ZONES, found.zone, DEFAULTS.zone),
  };
}
