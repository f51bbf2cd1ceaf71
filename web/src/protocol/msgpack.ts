// A msgpack decoder for what the server sends (no extension types). There is no encoder: the server accepts JSON.
// Integers above 2^53 become the nearest float, as in JSON.

const utf8 = new TextDecoder("utf-8", { fatal: true });

export class MsgpackError extends Error {}

export function decode(buffer: ArrayBuffer): unknown {
  const reader = new Reader(buffer);
  const value = reader.value();
  if (!reader.done) throw new MsgpackError("trailing bytes after the message");
  return value;
}

class Reader {
  private at = 0;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;

  constructor(buffer: ArrayBuffer) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  get done(): boolean {
    return this.at === this.bytes.length;
  }

  value(): unknown {
    const code = this.view.getUint8(this.skip(1));
    if (code < 0x80) return code;
    if (code < 0x90) return this.map(code & 0x0f);
    if (code < 0xa0) return this.array(code & 0x0f);
    if (code < 0xc0) return this.text(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    const { view } = this;
    switch (code) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.binary(view.getUint8(this.skip(1)));
      case 0xc5: return this.binary(view.getUint16(this.skip(2)));
      case 0xc6: return this.binary(view.getUint32(this.skip(4)));
      case 0xca: return view.getFloat32(this.skip(4));
      case 0xcb: return view.getFloat64(this.skip(8));
      case 0xcc: return view.getUint8(this.skip(1));
      case 0xcd: return view.getUint16(this.skip(2));
      case 0xce: return view.getUint32(this.skip(4));
      case 0xcf: return Number(view.getBigUint64(this.skip(8)));
      case 0xd0: return view.getInt8(this.skip(1));
      case 0xd1: return view.getInt16(this.skip(2));
      case 0xd2: return view.getInt32(this.skip(4));
      case 0xd3: return Number(view.getBigInt64(this.skip(8)));
      case 0xd9: return this.text(view.getUint8(this.skip(1)));
      case 0xda: return this.text(view.getUint16(this.skip(2)));
      case 0xdb: return this.text(view.getUint32(this.skip(4)));
      case 0xdc: return this.array(view.getUint16(this.skip(2)));
      case 0xdd: return this.array(view.getUint32(this.skip(4)));
      case 0xde: return this.map(view.getUint16(this.skip(2)));
      case 0xdf: return this.map(view.getUint32(this.skip(4)));
      default: throw new MsgpackError(`unknown type code: 0x${code.toString(16)}`);
    }
  }

  private skip(length: number): number {
    const from = this.at;
    if (from + length > this.bytes.length) throw new MsgpackError("truncated message");
    this.at = from + length;
    return from;
  }

  private binary(length: number): Uint8Array {
    const from = this.skip(length);
    return this.bytes.slice(from, from + length);
  }

  private text(length: number): string {
    const from = this.skip(length);
    // Field names and symbols are short ASCII: this loop is faster than a call of TextDecoder.
    if (length <= 24) {
      let text = "";
      for (let at = from; at < from + length; at++) {
        const byte = this.bytes[at]!;
        if (byte > 0x7f) return utf8.decode(this.bytes.subarray(from, from + length));
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return utf8.decode(this.bytes.subarray(from, from + length));
  }

  private array(length: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.value());
    return items;
  }

  private map(length: number): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (let i = 0; i < length; i++) {
      const key = String(this.value());
      const value = this.value();
      // A symbol may have this name, and plain assignment would replace the object's prototype.
      if (key === "__proto__") Object.defineProperty(found, key, { value, enumerable: true, configurable: true, writable: true });
      else found[key] = value;
    }
    return found;
  }
}
