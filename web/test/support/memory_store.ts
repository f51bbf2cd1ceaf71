// A store in memory. Like localStorage it keeps JSON texts.

export class MemoryStore {
  readonly texts = new Map<string, string>();

  load = (key: string): unknown => JSON.parse(this.texts.get(key) ?? "null");
  save = (key: string, value: unknown): void => void this.texts.set(key, JSON.stringify(value));
}
