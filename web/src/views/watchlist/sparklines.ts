// The sparklines of all visible rows, on one canvas over their column: a canvas per row would be a layer per row to
// composite in every frame.

import type { Palette } from "../../core/palette.ts";
import type { Row } from "../../market/board.ts";
import { POINTS } from "../../market/sparkline.ts";
import { el } from "../common/dom.ts";

export const WIDTH = 72;
const HEIGHT = 20;
/** A sparkline changes by less than a pixel in this time. */
const SPACING_MS = 1000;
/** Fewer closes than this do not fill the width: a short history is drawn short. */
const FULL_WIDTH_POINTS = 20;

export class Sparklines {
  readonly canvas = el("canvas", { class: "sparks", "aria-hidden": "true" });
  private drawnMs = -Infinity;
  private place = "";

  /** Draw if it is due or if the position, size or colours changed. */
  draw(rows: readonly (Row | undefined)[], left: number, top: number, height: number, palette: Palette, nowMs: number): void {
    const place = [left, top, height, rows.length, palette.up].join();
    if (place === this.place && nowMs - this.drawnMs < SPACING_MS) return;
    this.place = place;
    this.drawnMs = nowMs;
    const scale = Math.min(3, Math.max(1, devicePixelRatio));
    const { canvas } = this;
    const whole = rows.length * height;
    if (canvas.width !== WIDTH * scale || canvas.height !== Math.round(whole * scale)) {
      canvas.width = WIDTH * scale;
      canvas.height = Math.round(whole * scale);
      canvas.style.height = `${whole}px`;
    }
    canvas.style.left = `${left}px`;
    canvas.style.top = `${top}px`;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, WIDTH, whole);
    rows.forEach((row, at) => {
      context.setTransform(scale, 0, 0, scale, 0, (at * height + (height - HEIGHT) / 2) * scale);
      if (row) line(context, row.spark.closes, palette);
    });
  }

  /** The rows changed: draw at the next call. */
  invalidate(): void {
    this.place = "";
  }
}

/** A line, a shaded area below it, and a dot at the latest price. */
function line(context: CanvasRenderingContext2D, closes: readonly number[], palette: Palette): void {
  const first = closes[0];
  const last = closes.at(-1);
  if (first === undefined || last === undefined || closes.length < 2) return;
  let low = first;
  let high = first;
  for (const close of closes) {
    if (close < low) low = close;
    if (close > high) high = close;
  }
  const room = high - low || 1;
  const step = (WIDTH - 4) / (Math.min(POINTS, Math.max(FULL_WIDTH_POINTS, closes.length)) - 1);
  // Aligned to the right: the latest price is at the edge.
  const left = WIDTH - 3 - step * (closes.length - 1);
  const y = (close: number): number => (high === low ? HEIGHT / 2 : 2.5 + (HEIGHT - 5) * (1 - (close - low) / room));
  context.beginPath();
  closes.forEach((close, at) => (at === 0 ? context.moveTo(left, y(close)) : context.lineTo(left + at * step, y(close))));
  context.strokeStyle = last >= first ? palette.up : palette.down;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.stroke();
  context.lineTo(WIDTH - 3, HEIGHT);
  context.lineTo(left, HEIGHT);
  context.fillStyle = last >= first ? palette["up-soft"] : palette["down-soft"];
  context.fill();
  context.beginPath();
  context.arc(WIDTH - 3, y(last), 1.6, 0, 7);
  context.fillStyle = context.strokeStyle;
  context.fill();
}
