// Splits symbols into lists that each fit into one message.

/** Maximum size of a subscribe message without its symbols. */
const ENVELOPE_BYTES = 512;
const utf8 = new TextEncoder();

/** Lists of symbols, each of which fits into a message of `messageBytes`. No symbols give no list. */
export function chunkSymbols(symbols: Iterable<string>, messageBytes: number): string[][] {
  const capacity = messageBytes - ENVELOPE_BYTES;
  const chunks: string[][] = [];
  let used = Infinity;
  for (const symbol of symbols) {
    const size = utf8.encode(JSON.stringify(symbol)).length + 1;
    if (used + size > capacity) {
      chunks.push([]);
      used = 0;
    }
    chunks.at(-1)!.push(symbol);
    used += size;
  }
  return chunks;
}
