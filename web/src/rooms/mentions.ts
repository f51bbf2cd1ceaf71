// Symbols mentioned in a text: `$AAPL`.

/** Begins with a letter, so that $5 is money; dots and the like only inside, so that a sentence may end with one. */
const MENTION = /(?<![\p{L}\p{N}_$])\$(\p{L}[\p{L}\p{N}]*(?:[.\-/:=][\p{L}\p{N}]+)*)/gu;
const MAX_CHARS = 64;

/** The text in pieces, which concatenate to the text. `symbol` is set on a piece that mentions one. */
export function splitMentions(text: string): { text: string; symbol?: string }[] {
  const pieces: { text: string; symbol?: string }[] = [];
  let done = 0;
  for (const { 0: whole, 1: symbol, index } of text.matchAll(MENTION)) {
    if (symbol!.length > MAX_CHARS) continue;
    if (index > done) pieces.push({ text: text.slice(done, index) });
    pieces.push({ text: whole, symbol: symbol! });
    done = index + whole.length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}
