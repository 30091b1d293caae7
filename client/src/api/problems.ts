/** What can go wrong between this program and its server. */

/** An RFC 9457 problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** The server answered, and the answer is an error. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly problem: Problem,
    /** Seconds after which the server wants to be asked again; null: it did not say. */
    readonly retryAfterSeconds: number | null,
  ) {
    super(problem.detail === "" ? problem.title : problem.detail);
  }
}

/** The server did not answer: no network, no server, or the connection broke. */
export class UnreachableError extends Error {
  override readonly name: string = "UnreachableError";
}

/** The error of an answer whose status is not 2xx; takes servers in between into account, which send no problems. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const problem: Problem = {
    type: "about:blank",
    title: response.statusText === "" ? `Error ${response.status}` : response.statusText,
    status: response.status,
    detail: "",
  };
  return new ProblemError({ ...problem, ...(await readProblem(response)) }, retryAfter(response.headers));
}

async function readProblem(response: Response): Promise<Partial<Problem>> {
  if (!(response.headers.get("Content-Type") ?? "").startsWith("application/problem+json")) {
    return {};
  }
  try {
    const body: unknown = await response.json();
    return isRecord(body) ? strings(body, ["type", "title", "detail"]) : {};
  } catch (error) {
    if (error instanceof SyntaxError) {
      return {}; // cut short on the way; the status still says what happened
    }
    throw error;
  }
}

function strings(body: Record<string, unknown>, keys: readonly string[]): Partial<Problem> {
  const entries = keys.map((key): [string, unknown] => [key, body[key]]);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "string"));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Retry-After in seconds; HTTP dates are not used by this server. */
function retryAfter(headers: Headers): number | null {
  const seconds = Number.parseFloat(headers.get("Retry-After") ?? "");
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
