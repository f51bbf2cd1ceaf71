// Price alerts: when one is reached, and reading them back from storage. Pure.

export interface Alert {
  id: number;
  symbol: string;
  price: number;
  /** Which side of the price is waited for. */
  side: "above" | "below";
  /** When it was reached, in ms since 1970; null while it waits. */
  reachedMs: number | null;
}

/** An alert at a price: for the side on which the last price is not. */
export function newAlert(id: number, symbol: string, price: number, last: number | null): Alert {
  return { id, symbol, price, side: last !== null && last > price ? "below" : "above", reachedMs: null };
}

export function isReached(alert: Alert, last: number): boolean {
  return alert.reachedMs === null && (alert.side === "above" ? last >= alert.price : last <= alert.price);
}

/** A price as people type it: 187.5, 187,5, 1,087.50; null if it is none. */
export function typedPrice(text: string): number | null {
  const bare = text.trim();
  const plain = /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) && value > 0 ? value : null;
}

/** The alerts that these prices reach. */
export function reached(alerts: readonly Alert[], last: (symbol: string) => number | null): Alert[] {
  return alerts.filter((alert) => {
    if (alert.reachedMs !== null) return false;
    const price = last(alert.symbol);
    return price !== null && isReached(alert, price);
  });
}

export function alertsFrom(stored: unknown): Alert[] {
  if (!Array.isArray(stored)) return [];
  return (stored as Partial<Alert>[]).filter(
    (each): each is Alert =>
      Number.isInteger(each?.id) && typeof each.symbol === "string" && Number.isFinite(each.price) &&
      (each.side === "above" || each.side === "below") && (each.reachedMs === null || Number.isFinite(each.reachedMs)),
  );
}
