// CSV and pictures, as files of the user's.
import { address, request } from "../api/rest.ts";
import { token } from "../api/token.ts";
import type { KnownBar } from "../state/bars.ts";

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The closed bars in view; all there are where the whole range is asked for.
export function csvAddress(symbol: string, interval: string, whole: boolean, visible: KnownBar[]): string {
  const from = whole ? undefined : visible[0]?.bar.window_start;
  const to = whole ? undefined : visible.at(-1)?.bar.window_end;
  return address("bars", { symbol, interval, from, to, format: "csv" });
}

export function csvName(symbol: string, interval: string): string {
  return `${symbol.replace(/[^\w.-]/g, "_")}-${interval}.csv`;
}

// A link carries no token: then the page fetches the file itself.
export async function saveCsv(event: Event, where: string, name: string): Promise<void> {
  if (token() === null) return;
  event.preventDefault();
  save(await (await request(where)).blob(), name);
}

export function savePicture(canvas: HTMLCanvasElement, title: string, colours: { background: string; text: string }, name: string): void {
  const bar = Math.round(28 * devicePixelRatio);
  const picture = document.createElement("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height + bar;
  const context = picture.getContext("2d")!;
  context.fillStyle = colours.background;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(canvas, 0, bar);
  context.fillStyle = colours.text;
  context.font = `${Math.round(13 * devicePixelRatio)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.fillText(title, 10 * devicePixelRatio, bar / 2);
  picture.toBlob((blob) => { if (blob) save(blob, name); }, "image/png");
}
