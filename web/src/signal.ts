// A value that others are told of when it changes.

export class Signal<T> {
  private readonly hearers = new Set<(value: T) => void>();

  constructor(private now: T) {}

  get value(): T {
    return this.now;
  }

  set value(value: T) {
    if (value === this.now) return;
    this.now = value;
    for (const hearer of this.hearers) hearer(value);
  }

  /** Call it now, and whenever the value changes. */
  watch(hearer: (value: T) => void): void {
    this.hearers.add(hearer);
    hearer(this.now);
  }

  /** Call it whenever the value changes. */
  onChange(hearer: (value: T) => void): void {
    this.hearers.add(hearer);
  }
}
