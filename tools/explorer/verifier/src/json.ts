// JSON as genesis and checkpoint files are read: RFC 8259, no member twice, whole numbers only. And the verdict as text.
export type Json = null | boolean | bigint | string | Json[] | Map<string, Json>;

const kDepthMax = 32;

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.value(0);
    this.blanks();
    if (this.at !== this.text.length) { throw this.wrong("something stands behind the document"); }
    return value;
  }

  private wrong(message: string): Error {
    return new Error(`${message}, at character ${this.at}`);
  }
  private blanks(): void {
    this.match(/[ \t\n\r]*/y);
  }
  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
  /** The next character that is no blank, taken if it is one of these. */
  private take(characters: string): string | undefined {
    this.blanks();
    const next = this.text[this.at];
    if (next === undefined || !characters.includes(next)) { return undefined; }
    ++this.at;
    return next;
  }

  private value(depth: number): Json {
    if (depth > kDepthMax) { throw this.wrong(`more than ${kDepthMax} levels`); }
    switch (this.take("{[")) {
      case "{":
        return this.object(depth);
      case "[":
        return this.list(depth);
    }
    if (this.text[this.at] === '"') { return this.string(); }
    const word = this.match(/true|false|null/y);
    if (word !== undefined) { return word === "null" ? null : word === "true"; }
    const number = this.match(/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y);
    if (number === undefined) { throw this.wrong("a value is expected"); }
    if (!/^-?[0-9]{1,20}$/.test(number)) { throw this.wrong("a whole number without fraction and exponent is expected"); }
    return BigInt(number);
  }
  private object(depth: number): Json {
    const members = new Map<string, Json>();
    if (this.take("}") !== undefined) { return members; }
    for (;;) {
      this.blanks();
      const name = this.string();
      if (members.has(name)) { throw this.wrong(`the member "${name}" is there twice`); }
      if (this.take(":") === undefined) { throw this.wrong('":" is expected'); }
      members.set(name, this.value(depth + 1));
      if (this.take("}") !== undefined) { return members; }
      if (this.take(",") === undefined) { throw this.wrong('"," or "}" is expected'); }
    }
  }
  private list(depth: number): Json {
    const items: Json[] = [];
    if (this.take("]") !== undefined) { return items; }
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.take("]") !== undefined) { return items; }
      if (this.take(",") === undefined) { throw this.wrong('"," or "]" is expected'); }
    }
  }
  private string(): string {
    // Between the quotes the text is as JSON.parse wants it, and holds no other quote.
    const quoted = this.match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (quoted === undefined) { throw this.wrong("a string is expected"); }
    const text = JSON.parse(quoted) as string;
    if (/\p{Surrogate}/u.test(text)) { throw this.wrong("half of a surrogate pair"); }
    return text;
  }
}

/** Throws Error. Bytes must be UTF-8 without a byte order mark. */
export function parseJson(source: string | Uint8Array): Json {
  const text = typeof source === "string" ? source : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source);
  return new Parser(text).document();
}

/** A number where a double holds it exactly, otherwise a bigint. */
export type Whole = number | bigint;

export function whole(value: bigint): Whole {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Like JSON.stringify with two spaces, and bigints as numbers with all their digits. */
export function toJson(value: unknown, indent = ""): string {
  const inner = indent + "  ";
  const block = (open: string, lines: string[], close: string): string =>
    lines.length === 0 ? open + close : `${open}\n${lines.map((line) => inner + line).join(",\n")}\n${indent}${close}`;
  if (typeof value === "bigint") { return value.toString(); }
  if (Array.isArray(value)) { return block("[", value.map((item) => toJson(item, inner)), "]"); }
  if (typeof value === "object" && value !== null) {
    return block("{", Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${toJson(member, inner)}`), "}");
  }
  return JSON.stringify(value);
}
