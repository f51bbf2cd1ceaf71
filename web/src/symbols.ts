// Symbols as people give them: typed, pasted, in an address; and finding them. Names are any text. Pure.

export class Names {
  private readonly exact: ReadonlySet<string>;
  private readonly byLower = new Map<string, string>();

  constructor(readonly all: readonly string[] = []) {
    this.exact = new Set(all);
    for (const name of all) if (!this.byLower.has(name.toLowerCase())) this.byLower.set(name.toLowerCase(), name);
  }

  /** The name as the server has it, however it was typed. */
  find(text: string): string | undefined {
    return this.exact.has(text) ? text : this.byLower.get(text.toLowerCase());
  }

  /** Names for what was typed so far: those that begin with it, then those that contain it. */
  suggest(text: string, most: number, without: ReadonlySet<string>): string[] {
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
    return [...begins, ...contains].slice(0, most);
  }
}

/** Several symbols out of a text: separated by commas, semicolons, lines or blanks. Names with blanks are known ones. */
export function parseSymbols(text: string, names: Names): string[] {
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

/** What the protocol allows: 1 to 64 characters, and not the wildcard. */
export function isSymbol(text: string): boolean {
  return text.length > 0 && [...text].length <= 64 && text !== "*";
}

/** The symbols of an address's `#AAPL,MSFT`; none if it has none. */
export function symbolsOfHash(hash: string): string[] {
  const found = new Set<string>();
  for (const part of hash.replace(/^#/, "").split(",")) {
    try {
      const symbol = decodeURIComponent(part).trim();
      if (isSymbol(symbol)) found.add(symbol);
    } catch {
      // Half an escape is no symbol; the others still are.
    }
  }
  return [...found];
}

/** The longest address that every browser and messenger passes on. */
const LONGEST = 2000;

/** `#AAPL,MSFT`, or nothing if the list is too long to be shared so. */
export function hashOf(symbols: readonly string[]): string {
  const hash = `#${symbols.map(encodeURIComponent).join(",")}`;
  return symbols.length > 0 && hash.length <= LONGEST ? hash : "";
}
