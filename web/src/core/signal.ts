// An observable value.

export class Signal<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private now: T) {}

  get value(): T {
    return this.now;
  }

  set value(value: T) {
    if (value === this.now) return;
    this.now = value;
    for (const listener of this.listeners) listener(value);
  }

  /** Call `listener` now and at each change. */
  watch(listener: (value: T) => void): void {
    this.listeners.add(listener);
    listener(this.now);
  }

  /** Call `listener` at each change. */
  onChange(listener: (value: T) => void): void {
    this.listeners.add(listener);
  }
}
