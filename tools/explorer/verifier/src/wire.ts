// Protobuf's wire format in the one encoding that docs/formats/proof.md allows.
import { malformed } from "./refusal.js";

interface Value {
  field: number;
  /** of wire type 0 */
  varint?: bigint;
  /** of wire type 2 */
  bytes?: Uint8Array;
}

/** Enough for every message whose lists are short: the longest has 256 siblings and an other leaf. */
const kValuesMax = 300;

/** The fields of one message, taken in any order; `end` refuses what nobody took. At most `most` values: each costs far more than its bytes. */
export class Message {
  private readonly values: Value[] = [];
  private readonly taken = new Set<number>();

  constructor(bytes: Uint8Array, private readonly name: string, most = kValuesMax) {
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let count = 0; ; ++count) {
        const byte = bytes[at++];
        if (byte === undefined || count === 10) { throw malformed(`${name}: a number is cut off or too long`); }
        value |= BigInt(byte & 0x7f) << BigInt(7 * count);
        if (byte < 0x80) {
          if ((byte === 0 && count > 0) || value >= 1n << 64n) { throw malformed(`${name}: a number is not in its shortest form`); }
          return value;
        }
      }
    };
    let before = 0;
    while (at < bytes.length) {
      const tag = varint();
      const field = Number(tag >> 3n);
      const wire = Number(tag & 7n);
      if (tag >= 1n << 32n || field === 0 || field < before) { throw malformed(`${name}: field ${field} is not in order`); }
      before = field;
      if (this.values.length === most) { throw malformed(`${name}: more than ${most} values`); }
      if (wire === 0) {
        this.values.push({ field, varint: varint() });
      } else if (wire === 2) {
        const length = varint();
        if (length > BigInt(bytes.length - at)) { throw malformed(`${name}: field ${field} is cut off`); }
        this.values.push({ field, bytes: bytes.subarray(at, at + Number(length)) });
        at += Number(length);
      } else {
        throw malformed(`${name}: field ${field} has wire type ${wire}`);
      }
    }
  }

  private all(field: number): Value[] {
    this.taken.add(field);
    return this.values.filter((value) => value.field === field);
  }

  private one(field: number): Value | undefined {
    const found = this.all(field);
    if (found.length > 1) { throw malformed(`${this.name}: field ${field} is there more than once`); }
    return found[0];
  }

  has(field: number): boolean {
    return this.values.some((value) => value.field === field);
  }

  /** 0 when absent. In a oneof a 0 may be written. */
  number(field: number, bits: 1 | 32 | 64, inOneof = false): bigint {
    const value = this.one(field);
    if (value === undefined) { return 0n; }
    if (value.varint === undefined) { throw malformed(`${this.name}: field ${field} is not a number`); }
    if (value.varint >= 1n << BigInt(bits)) { throw malformed(`${this.name}: field ${field} is too large`); }
    if (value.varint === 0n && !inOneof) { throw malformed(`${this.name}: field ${field} is 0 and written`); }
    return value.varint;
  }

  /** Empty when absent. In a oneof an empty value may be written. */
  bytes(field: number, inOneof = false): Uint8Array {
    const value = this.one(field);
    if (value === undefined) { return new Uint8Array(); }
    if (value.bytes === undefined) { throw malformed(`${this.name}: field ${field} is not bytes`); }
    if (value.bytes.length === 0 && !inOneof) { throw malformed(`${this.name}: field ${field} is empty and written`); }
    return value.bytes;
  }

  /** Exactly so many bytes. */
  fixed(field: number, size: number, inOneof = false): Uint8Array {
    const bytes = this.bytes(field, inOneof);
    if (bytes.length !== size) { throw malformed(`${this.name}: field ${field} has ${bytes.length} bytes, expected ${size}`); }
    return bytes;
  }

  /** Between `least` and `most` bytes. */
  limited(field: number, least: number, most: number, inOneof = false): Uint8Array {
    const bytes = this.bytes(field, inOneof);
    if (bytes.length < least || bytes.length > most) {
      throw malformed(`${this.name}: field ${field} has ${bytes.length} bytes, expected ${least} to ${most}`);
    }
    return bytes;
  }

  message(field: number, name: string, most = kValuesMax): Message {
    const value = this.one(field);
    if (value?.bytes === undefined) { throw malformed(`${this.name}: field ${field} is missing`); }
    return new Message(value.bytes, name, most);
  }

  repeated(field: number, most: number): Uint8Array[] {
    const found = this.all(field);
    if (found.length > most) { throw malformed(`${this.name}: field ${field} is there ${found.length} times, at most ${most}`); }
    return found.map((value) => {
      if (value.bytes === undefined) { throw malformed(`${this.name}: field ${field} is not bytes`); }
      return value.bytes;
    });
  }

  hashes(field: number, most: number): Uint8Array[] {
    const found = this.repeated(field, most);
    if (found.some((bytes) => bytes.length !== 32)) { throw malformed(`${this.name}: field ${field} holds something that is no hash`); }
    return found;
  }

  /** Each read before the next is looked at; each has at most `values` values. */
  messages<T>(field: number, most: number, name: string, read: (message: Message) => T, values = kValuesMax): T[] {
    return this.repeated(field, most).map((bytes) => read(new Message(bytes, name, values)));
  }

  /** The only one of these fields that is there. */
  which(fields: number[]): number {
    const found = fields.filter((field) => this.has(field));
    if (found.length !== 1) { throw malformed(`${this.name}: exactly one of the fields ${fields.join(", ")} is expected`); }
    return found[0] as number;
  }

  end(): void {
    const unknown = this.values.find((value) => !this.taken.has(value.field));
    if (unknown !== undefined) { throw malformed(`${this.name}: field ${unknown.field} is unknown`); }
  }
}
