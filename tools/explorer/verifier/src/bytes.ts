// Bytes and their texts.

export function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(text)) { throw new Error("expected lower-case hexadecimal digits, two for each byte"); }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; ++i) { bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16); }
  return bytes;
}

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) { text += byte.toString(16).padStart(2, "0"); }
  return text;
}

export function compare(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; ++i) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) { return difference; }
  }
  return a.length - b.length;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return compare(a, b) === 0;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Printable ASCII that is not mistaken for hexadecimal stands as it is; everything else as 0x and hexadecimal. */
export function shown(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)) {
    const text = latin1(bytes);
    if (!text.startsWith("0x")) { return text; }
  }
  return "0x" + toHex(bytes);
}

/** 1 to 64 of A-Z a-z 0-9 - _ . */
export function isName(bytes: Uint8Array): boolean {
  return bytes.length >= 1 && bytes.length <= 64 && /^[A-Za-z0-9_.-]+$/.test(latin1(bytes));
}

/** One character for each byte. In pieces: a call takes only so many arguments. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) { text += String.fromCharCode(...bytes.subarray(at, at + 8192)); }
  return text;
}
