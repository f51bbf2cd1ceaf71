// The short history of one price that a sparkline shows: closes at least STEP_NS of market time apart, and the latest.

export const STEP_NS = 5e9;
export const POINTS = 60;

export interface Spark {
  closes: number[];
  /** The step that the last close stands for. */
  step: number;
  /** Grows with each change, so that a view sees whether to draw again. */
  changes: number;
}

export function newSpark(): Spark {
  return { closes: [], step: -Infinity, changes: 0 };
}

/** A price as of `ts` (ns): a new close, or another value of the one under way. Going back in time starts anew. */
export function addClose(spark: Spark, ts: number, price: number): void {
  const step = Math.floor(ts / STEP_NS);
  if (step < spark.step) spark.closes.length = 0;
  if (step === spark.step && spark.closes.length > 0) spark.closes[spark.closes.length - 1] = price;
  else spark.closes.push(price);
  if (spark.closes.length > POINTS) spark.closes.shift();
  spark.step = step;
  spark.changes++;
}

/** Lay known history (oldest first, [start ns, close]) before what has been seen. */
export function backfill(spark: Spark, history: readonly (readonly [number, number])[]): void {
  const first = spark.step - spark.closes.length + 1;
  const older = history.filter(([start]) => Math.floor(start / STEP_NS) < first).map(([, close]) => close);
  spark.closes = [...older, ...spark.closes].slice(-POINTS);
  spark.changes++;
}
