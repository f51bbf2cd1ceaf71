// How far a time zone is from UTC at a time. `Intl` knows the rules, but takes microseconds a call: offsets are cached.

/** Offsets change at most once in such a period of seconds; where they do, they are looked up by the quarter of an hour. */
const PERIOD_S = 8 * 86_400;
const QUARTER_S = 900;

export class ZoneOffset {
  private readonly format: Intl.DateTimeFormat | null;
  private readonly cache = new Map<number, number>();

  /** An IANA name, or `local`. A zone that this browser does not know counts as UTC. */
  constructor(zone: string) {
    this.format = zone === "UTC" ? null : formatOf(zone);
  }

  /** Seconds east of UTC at a time in seconds since 1970. */
  at(time: number): number {
    if (this.format === null) return 0;
    const from = Math.floor(time / PERIOD_S) * PERIOD_S;
    const offset = this.looked(from);
    return offset === this.looked(from + PERIOD_S) ? offset : this.looked(Math.floor(time / QUARTER_S) * QUARTER_S);
  }

  /** Whether the clocks change in the period of this time. */
  changesNear(time: number): boolean {
    const from = Math.floor(time / PERIOD_S) * PERIOD_S;
    return this.format !== null && this.looked(from) !== this.looked(from + PERIOD_S);
  }

  private looked(time: number): number {
    let offset = this.cache.get(time);
    if (offset === undefined) {
      const part: Record<string, number> = {};
      for (const { type, value } of this.format!.formatToParts(time * 1000)) part[type] = Number(value);
      const wall = Date.UTC(part["year"]!, part["month"]! - 1, part["day"], part["hour"], part["minute"], part["second"]);
      offset = Math.round(wall / 1000) - time;
      this.cache.set(time, offset);
    }
    return offset;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-US", { ...parts, ...(zone === "local" ? {} : { timeZone: zone }) });
  } catch {
    return null;
  }
}
