// Parsing symbols that are typed, pasted or in a URL, and searching them. A symbol may be any text.

export class SymbolNames {
  private readonly exact: ReadonlySet<string>;
  private readonly byLower = new Map<string, string>();

  constructor(readonly all: readonly string[] = []) {
    this.exact = new Set(all);
    for (const name of all) if (!this.byLower.has(name.toLowerCase())) this.byLower.set(name.toLowerCase(), name);
  }

  /** The symbol as the server spells it, ignoring case. */
  find(text: string): string | undefined {
    return this.exact.has(text) ? text : this.byLower.get(text.toLowerCase());
  }

  /** At most `max` symbols for a typed text: those that begin with it, then those that contain it. */
  suggest(text: string, max: number, without: ReadonlySet<string>): string[] {
    const sought = text.trim().toLowerCase();
    if (!sought) return [];
    const begins: string[] = [];
    const contains: string[] = [];
    for (const name of this.all) {
      if (without.has(name)) continue;
      const at = name.toLowerCase().indexOf(sought);
      if (at === 0) begins.push(name);
      else if (at > 0) contains.push(name);
    }
    begins.sort((a, b) => a.length - b.length);
    return [...begins, ...contains].slice(0, max);
  }
}

/** The symbols in a text, separated by commas, semicolons, line breaks or spaces. Only known symbols may contain spaces. */
export function parseSymbols(text: string, names: SymbolNames): string[] {
  const found = new Set<string>();
  const whole = names.find(text.trim());
  if (whole !== undefined) return [whole];
  for (const piece of text.split(/[,;\n\r\t|]+/)) {
    const known = names.find(piece.trim());
    if (known !== undefined) found.add(known);
    else {
      for (const word of piece.split(/\s+/)) {
        const bare = word.replace(/^["'$]+|["']+$/g, "");
        if (bare) found.add(names.find(bare) ?? bare.toUpperCase());
      }
    }
  }
  return [...found].filter(isSymbol);
}

/** As in the protocol: 1 to 64 characters, and not the wildcard. */
export function isSymbol(text: string): boolean {
  return text.length > 0 && [...text].length <= 64 && text !== "*";
}

/** The symbols of a URL's hash `#AAPL,MSFT`. */
export function symbolsOfHash(hash: string): string[] {
  const found = new Set<string>();
  for (const part of hash.replace(/^#/, "").split(",")) {
    try {
      const symbol = decodeURIComponent(part).trim();
      if (isSymbol(symbol)) found.add(symbol);
    } catch {
      // Skip a malformed escape.
    }
  }
  return [...found];
}

/** Maximum length of a URL's hash that all browsers and messengers accept. */
const MAX_HASH = 2000;

/** `#AAPL,MSFT`; empty if there are no symbols or the list is too long for a URL. */
export function hashOf(symbols: readonly string[]): string {
  const hash = `#${symbols.map(encodeURIComponent).join(",")}`;
  return symbols.length > 0 && hash.length <= MAX_HASH ? hash : "";
}
