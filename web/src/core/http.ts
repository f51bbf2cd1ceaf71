// HTTP requests to the server. Errors carry the server's message.

export class HttpError extends Error {
  /** `status` 0: the server did not answer. */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const TIMEOUT_MS = 8000;

export async function fetchJson(path: string, body?: unknown): Promise<unknown> {
  const post: RequestInit = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const init: RequestInit = { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...(body === undefined ? {} : post) };
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new HttpError(0, "the server does not respond");
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const text = (answer as { message?: unknown } | null)?.message;
  throw new HttpError(response.status, typeof text === "string" ? text : `the server answered with status ${response.status}`);
}

/** The answer of `/v1/session`: whether the server requires authentication, and the key's name. */
export async function fetchSession(): Promise<{ required: boolean; name: string | null }> {
  const { required, name } = (await fetchJson("/v1/session")) as { required?: boolean; name?: string | null };
  return { required: required === true, name: name ?? null };
}

export function barsPath(symbol: string, interval: string, limit: number, endNs?: string): string {
  const end = endNs === undefined ? "" : `&end=${endNs}`;
  return `/v1/bars/${encodeURIComponent(symbol)}?interval=${encodeURIComponent(interval)}&limit=${limit}${end}`;
}
