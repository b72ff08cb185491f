// The original bytes of a reject, for people: as text, with what is no text marked, or as hex.

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// UTF-8; control characters escaped (\x00 \t), bytes that are no UTF-8 as �.
export function asText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return text.replace(/[\u0000-\u001f\u007f]/g, (c) => (c === "\t" ? "\\t" : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`));
}

// Sixteen to a line: offset, hex, and what is printable.
export function asHex(bytes: Uint8Array, bytesMax = 512): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, bytesMax); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  if (bytes.length > bytesMax) lines.push(`… ${bytes.length - bytesMax} more bytes`);
  return lines.join("\n");
}

// The first so many characters, no half of one at the end.
export function beginning(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const half = (text.charCodeAt(charactersMax - 1) & 0xfc00) === 0xd800;
  return text.slice(0, half ? charactersMax - 1 : charactersMax);
}
