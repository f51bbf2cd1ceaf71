// The price history that a sparkline shows: one close per STEP_NS of market time, and the latest price.

const STEP_NS = 5e9;
export const POINTS = 60;

export interface Spark {
  closes: number[];
  /** The step of the last close. */
  step: number;
  }

export function newSpark(): Spark {
  return { closes: [], step: -Infinity };
}

/** Add a price as of `ts` (ns): a new close, or a new value of the last one. Going back in time clears the history. */
export function addClose(spark: Spark, ts: number, price: number): void {
  const step = Math.floor(ts / STEP_NS);
  if (step < spark.step) spark.closes.length = 0;
  if (step === spark.step && spark.closes.length > 0) spark.closes[spark.closes.length - 1] = price;
  else spark.closes.push(price);
  if (spark.closes.length > POINTS) spark.closes.shift();
  spark.step = step;
}

/** Put history (oldest first, [start ns, close]) before the closes seen so far. */
export function backfill(spark: Spark, history: readonly (readonly [number, number])[]): void {
  const first = spark.step - spark.closes.length + 1;
  const older = history.filter(([start]) => Math.floor(start / STEP_NS) < first).map(([, close]) => close);
  spark.closes = [...older, ...spark.closes].slice(-POINTS);
}
