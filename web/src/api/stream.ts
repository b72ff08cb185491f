// The WebSocket: connects, reconnects with backoff, and says which of the two it is doing. It knows nothing of what the
// messages mean. A hole in the numbers, or silence, counts as a broken connection: a new one starts with a snapshot.
import { parseExact } from "./json.ts";
import { api, RequestFailed } from "./rest.ts";
import { token } from "./token.ts";
import type { ApiError, ServerMessage, SubscribeRequest } from "./types.ts";

export type Phase = "connecting" | "open" | "waiting";

export interface StreamEvents {
  phase(phase: Phase, retryAt: number | null, error: ApiError | null): void;
  message(message: ServerMessage): void;
}

const kFirstDelayMs = 500;
const kDelayMaxMs = 15_000;
const kSilenceMaxMs = 8_000; // the status comes once a second
const kCheckMs = 1_000;

export function backoff(attempt: number, random: number): number {
  const delay = Math.min(kFirstDelayMs * 2 ** attempt, kDelayMaxMs);
  return Math.round(delay * (0.8 + 0.4 * random));
}

export class Stream {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private number = 0;
  private heardAt = 0;
  private timer = 0;
  private wanted: SubscribeRequest | null = null;

  constructor(private readonly events: StreamEvents) {}

  start(): void {
    void this.connect();
    setInterval(() => this.checkSilence(), kCheckMs);
    addEventListener("online", () => this.retryNow());
  }

  // What is wanted from now on; sent again after each reconnect.
  subscribe(request: SubscribeRequest): void {
    this.wanted = request;
    this.say({ type: "subscribe", ...request });
  }

  retryNow(): void {
    if (this.socket) return;
    clearTimeout(this.timer);
    void this.connect();
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private async connect(): Promise<void> {
    this.events.phase("connecting", null, null);
    let where = location.origin.replace(/^http/, "ws") + "/api/v1/stream";
    try {
      if (token()) where += `?ticket=${encodeURIComponent((await api.ticket()).ticket)}`;
    } catch (reason) {
      this.wait(reason instanceof RequestFailed ? reason.error : null);
      return;
    }
    const socket = new WebSocket(where);
    this.socket = socket;
    this.number = 0;
    this.heardAt = performance.now();
    socket.onopen = () => { if (this.wanted) this.subscribe(this.wanted); };
    socket.onmessage = (event) => this.hear(socket, String(event.data));
    socket.onclose = () => this.lose(socket);
  }

  private hear(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return;
    this.heardAt = performance.now();
    const message = parseExact(text) as unknown as ServerMessage;
    if (message.n !== this.number + 1) return this.lose(socket);
    this.number = message.n;
    if (message.type === "hello") {
      this.attempt = 0;
      this.events.phase("open", null, null);
    }
    this.events.message(message);
  }

  private lose(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = null;
    socket.close();
    this.wait(null);
  }

  private wait(error: ApiError | null): void {
    this.socket = null;
    const delay = backoff(this.attempt++, Math.random());
    this.events.phase("waiting", Date.now() + delay, error);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), delay);
  }

  private checkSilence(): void {
    if (this.socket && performance.now() - this.heardAt > kSilenceMaxMs) this.lose(this.socket);
  }
}
