// REST of the server that brought this page.
import { parseExact } from "./json.ts";
import { token } from "./token.ts";
import type { ApiError, Bar, BarKey, Cluster, ClusterPage, ClusterPlace, Faults, Message, Placed, Reject, Topic } from "./types.ts";

export class RequestFailed extends Error {
  constructor(readonly status: number, readonly where: string, readonly error: ApiError) {
    super(error.message);
  }
}

type Query = Record<string, string | number | undefined>;

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  const text = parameters.toString();
  return `/api/v1/${path}${text ? `?${text}` : ""}`;
}

export async function request(where: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  const secret = token();
  if (secret) headers.set("Authorization", `Bearer ${secret}`);
  let response: Response;
  try {
    response = await fetch(where, { ...options, headers });
  } catch (reason) {
    if (options.signal?.aborted) throw reason;
    throw new RequestFailed(0, where, { code: "no_answer", message: "the server does not answer", hint: "is tickerhouse running?" });
  }
  if (!response.ok) throw new RequestFailed(response.status, where, await errorOf(response));
  return response;
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  try {
    const { error } = JSON.parse(text) as { error: ApiError };
    if (error?.message) return error;
  } catch {
    // Not ours: a proxy's page, say.
  }
  return { code: `http_${response.status}`, message: text.slice(0, 200) || response.statusText };
}

async function get<T>(where: string, signal?: AbortSignal): Promise<T> {
  const response = await request(where, { signal });
  return parseExact(await response.text()) as T;
}

async function send<T>(method: string, where: string, body: unknown): Promise<T> {
  const options = { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return parseExact(await (await request(where, options)).text()) as T;
}

export interface BarsQuery extends BarKey {
  from?: string;
  to?: string;
  order?: "asc" | "desc";
  limit?: number;
  cursor?: string;
  format?: "csv";
}

// Where a page of messages begins; the newest ones without any.
export interface MessagesFrom {
  offset?: number;
  before?: number;
  time?: string;
}

const kEmptyPagesMax = 10;

export const api = {
  bars: (query: BarsQuery, signal?: AbortSignal) =>
    get<{ bars: Bar[]; next: string | null }>(address("bars", { ...query }), signal),
  topics: (signal?: AbortSignal) => get<{ topics: Topic[] }>(address("topics"), signal),
  messages: (topic: string, partition: number, offset: number, limit: number, signal?: AbortSignal) =>
    get<{ messages: Message[]; next: number | null }>(address(`topics/${topic}/${partition}`, { offset, limit }), signal),
  cluster: (signal?: AbortSignal) => get<Cluster>(address("cluster"), signal),
  clusterMessages: ({ topic, partition }: ClusterPlace, from: MessagesFrom, limit: number, signal?: AbortSignal) =>
    get<ClusterPage>(address(`cluster/${encodeURIComponent(topic)}/${partition}`, { ...from, limit }), signal),
  wholeMessage: async ({ topic, partition }: ClusterPlace, offset: number) =>
    (await get<ClusterPage>(address(`cluster/${encodeURIComponent(topic)}/${partition}`, { offset, whole: "true" }))).messages.find((one) => one.offset === offset),
  // A rare reason may take some pages to be found: an empty one is not the end.
  rejects: async (reason: string | undefined, limit: number, signal?: AbortSignal) => {
    const page = (cursor?: string) => get<{ rejects: Placed<Reject>[]; next: string | null }>(address("rejects", { reason, limit, cursor }), signal);
    let answer = await page();
    for (let i = 0; i < kEmptyPagesMax && answer.rejects.length === 0 && answer.next !== null; i++) answer = await page(answer.next);
    return answer;
  },
  demo: () => get<{ faults: Faults }>(address("demo")),
  setDemo: (faults: Faults) => send<{ faults: Faults }>("PUT", address("demo"), { faults }),
  ticket: () => send<{ ticket: string }>("POST", address("ticket"), {}),
};
