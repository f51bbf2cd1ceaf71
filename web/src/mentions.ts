// Prices that a text mentions: `$AAPL`. Pure.

/** A letter first, so that $5 is money; points and the like only inside, so that a sentence may end with one. */
const MENTION = /(?<![\p{L}\p{N}_$])\$(\p{L}[\p{L}\p{N}]*(?:[.\-/:=][\p{L}\p{N}]+)*)/gu;
const LONGEST = 64;

/** The text in pieces: `symbol` is what a piece that begins with `$` names. Joined, the pieces are the text. */
export function pieces(text: string): { text: string; symbol?: string }[] {
  const found: { text: string; symbol?: string }[] = [];
  let done = 0;
  for (const { 0: whole, 1: symbol, index } of text.matchAll(MENTION)) {
    if (symbol!.length > LONGEST) continue;
    if (index > done) found.push({ text: text.slice(done, index) });
    found.push({ text: whole, symbol: symbol! });
    done = index + whole.length;
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}
