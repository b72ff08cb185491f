// JSON that loses no digit: a number of more than 15 significant digits comes out as its text (api/decimal.ts). Most
// messages hold none and go through the browser's own parser; a run of 16 digits and points sends the rest through ours.
import type { Decimal } from "./decimal.ts";

export type Json = null | boolean | Decimal | Json[] | { [key: string]: Json };

const kLongNumber = /\d[\d.]{15}/;

export function parseExact(text: string): Json {
  return kLongNumber.test(text) ? new Parser(text).document() : (JSON.parse(text) as Json);
}

const kNumber = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const kBlank = /[ \t\n\r]*/y;

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.value();
    this.blank();
    if (this.at !== this.text.length) this.fail();
    return value;
  }

  private fail(): never {
    throw new SyntaxError(`JSON is wrong at character ${this.at}`);
  }

  private blank(): void {
    if (this.text.charCodeAt(this.at) > 32) return;
    kBlank.lastIndex = this.at;
    kBlank.exec(this.text);
    this.at = kBlank.lastIndex;
  }

  private value(): Json {
    this.blank();
    switch (this.text[this.at]) {
      case "{": return this.object();
      case "[": return this.array();
      case '"': return this.string();
      case "t": return this.word("true", true);
      case "f": return this.word("false", false);
      case "n": return this.word("null", null);
      default: return this.number();
    }
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail();
    this.at += word.length;
    return value;
  }

  private number(): Decimal {
    kNumber.lastIndex = this.at;
    const found = kNumber.exec(this.text)?.[0];
    if (found === undefined) return this.fail();
    this.at += found.length;
    if (found.length <= 15) return Number(found);
    const digits = found.replace(/[eE].*$/, "").replace(/[-.]/g, "").replace(/^0+/, "");
    return digits.length <= 15 ? Number(found) : found;
  }

  private string(): string {
    const start = this.at++;
    for (;;) {
      const end = this.text.indexOf('"', this.at);
      if (end < 0) this.fail();
      let slashes = 0;
      while (this.text[end - 1 - slashes] === "\\") slashes++;
      this.at = end + 1;
      if (slashes % 2 === 0) break;
    }
    const raw = this.text.slice(start + 1, this.at - 1);
    return raw.includes("\\") || hasControl(raw) ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  private array(): Json[] {
    const out: Json[] = [];
    this.at++;
    this.blank();
    if (this.text[this.at] === "]") return this.at++, out;
    for (;;) {
      out.push(this.value());
      if (this.closes("]")) return out;
    }
  }

  private object(): { [key: string]: Json } {
    const out: { [key: string]: Json } = {};
    this.at++;
    this.blank();
    if (this.text[this.at] === "}") return this.at++, out;
    for (;;) {
      this.blank();
      if (this.text[this.at] !== '"') this.fail();
      const key = this.string();
      this.blank();
      if (this.text[this.at++] !== ":") this.fail();
      out[key] = this.value();
      if (this.closes("}")) return out;
    }
  }

  // After an element: a comma, or the end of the list.
  private closes(end: string): boolean {
    this.blank();
    const next = this.text[this.at++];
    if (next === end) return true;
    if (next !== ",") this.fail();
    return false;
  }
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 32) return true;
  return false;
}
