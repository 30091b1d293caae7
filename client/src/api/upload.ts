/** One POST whose progress can be watched: fetch does not tell how much of a body has left. */
import { ProblemError, problemOf, UnreachableError } from "./problems.js";

export interface Upload {
  readonly url: string;
  readonly body: FormData;
  readonly headers: Readonly<Record<string, string>>;
  /** How much of the body has left, in [0, 1]. */
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The server may have got the whole request: nobody knows whether it acted on it. */
export class LostAnswerError extends UnreachableError {
  override readonly name = "LostAnswerError";
}

const TIMEOUT_MS = 120_000; // without an answer; a connection can die without a word

/** Sends a form and reads the JSON answer. Throws ProblemError, UnreachableError, or what the signal was aborted with. */
export async function upload<T>({ url, body, headers, onProgress, signal }: Upload): Promise<T> {
  signal?.throwIfAborted();
  const response = await new Promise<Response>((resolve, reject) => {
    const request = new XMLHttpRequest();
    let sent = false;
    const fail = (): void => {
      reject(sent ? new LostAnswerError("The server's answer was lost.") : new UnreachableError("The server cannot be reached."));
    };
    const abort = (): void => {
      request.abort();
      reject(signal?.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError"));
    };
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.timeout = TIMEOUT_MS;
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0));
    request.upload.addEventListener("load", () => { sent = true; });
    request.addEventListener("load", () => { resolve(answerOf(request)); });
    request.addEventListener("error", fail);
    request.addEventListener("timeout", fail);
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", abort));
    signal?.addEventListener("abort", abort, { once: true });
    request.send(body);
  });
  if (!response.ok) throw await problemOf(response);
  try {
    return (await response.json()) as T;
  } catch (error) {
    // Cut short, or somebody in between answered: as good as no answer.
    throw error instanceof ProblemError ? error : new LostAnswerError("The server's answer cannot be read.", { cause: error });
  }
}

function answerOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of ["Content-Type", "Retry-After"]) {
    const value = request.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  const empty = request.status === 204 || request.status === 304;
  return new Response(empty ? null : request.responseText, { status: request.status, statusText: request.statusText, headers });
}
