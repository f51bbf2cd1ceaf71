// Symbols mentioned in a text: `$AAPL`, `$0700.HK`, `$^GSPC`.

/** A dollar sign, not inside a word, and what follows on its line: a symbol may contain spaces. */
const DOLLAR = /(?<![\p{L}\p{N}_$])\$(?=[^\s$])([^$\r\n]+)/gu;
/** What looks like a symbol. Dots and the like stand only inside, so that a sentence may end with one. */
const SYMBOL = /^[\^.]?[\p{L}\p{N}]+(?:[.\-/:=_&][\p{L}\p{N}]+)*/u;
/** What follows a symbol: otherwise it is only the beginning of a longer name. */
const INSIDE = /^[\p{L}\p{N}_]/u;
/** Units of money as people write them after a number. */
const UNIT = "(?:k|m|mm|mn|mio|mil|million|b|bn|billion|t|tn|trn|trillion|c|ish|each|ea|usd|eur|x)";
/** $5, $1.50, $1,000, $100k, $5-10k, $3/share, $1e6. */
const AMOUNT = new RegExp(`^\\d+(?:[.,']\\d+)*(?:e\\d+)?${UNIT}?(?:-\\d+(?:[.,]\\d+)*${UNIT}?|[/-]\\p{L}+)?$`, "iu");
const MAX_CHARS = 64;

/**
 * The text in pieces, which concatenate to the text. `symbol` is set on a piece that mentions one: a name that `isListed`,
 * or one that looks like a symbol and is not an amount of money.
 */
export function splitMentions(text: string, isListed: (name: string) => boolean = () => false): { text: string; symbol?: string }[] {
  const pieces: { text: string; symbol?: string }[] = [];
  let done = 0;
  for (const { 1: rest, index } of text.matchAll(DOLLAR)) {
    const symbol = symbolAt(rest!, isListed);
    if (symbol === null) continue;
    if (index > done) pieces.push({ text: text.slice(done, index) });
    done = index + 1 + symbol.length;
    pieces.push({ text: text.slice(index, done), symbol });
  }
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/** The symbol that a text begins with. A listed name that is only a part of what looks like a symbol is another one. */
function symbolAt(text: string, isListed: (name: string) => boolean): string | null {
  const looksLike = SYMBOL.exec(text)?.[0] ?? "";
  for (let end = Math.min(text.length, MAX_CHARS); end >= Math.max(1, looksLike.length); end--) {
    const name = text.slice(0, end);
    if (name === name.trimEnd() && !INSIDE.test(text.slice(end)) && isListed(name)) return name;
  }
  return looksLike === "" || looksLike.length > MAX_CHARS || AMOUNT.test(looksLike) ? null : looksLike;
}
