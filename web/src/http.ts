// Asking the server over plain HTTP: an answer, or an error with the server's own words.

export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const PATIENCE_MS = 8000;

export async function ask(path: string, body?: unknown): Promise<unknown> {
  const post: RequestInit = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const init: RequestInit = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...(body === undefined ? {} : post) };
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Refused(0, "the server does not answer");
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const said = (answer as { message?: unknown } | null)?.message;
  throw new Refused(response.status, typeof said === "string" ? said : `the server answers ${response.status}`);
}

export function barsPath(symbol: string, interval: string, limit: number, endNs?: string): string {
  const end = endNs === undefined ? "" : `&end=${endNs}`;
  return `/v1/bars/${encodeURIComponent(symbol)}?interval=${interval}&limit=${limit}${end}`;
}
