/** Calls of HTTP API version 1. Every call takes an AbortSignal and throws ProblemError or UnreachableError. */
import type { Manifest } from "../generated/manifest.js";
import type { Analysis } from "../generated/api.js";
import { problemOf, UnreachableError } from "./problems.js";

export interface Request {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: Blob | FormData | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export class ApiClient {
  /**
   * @param base address of the application, such as the page's own folder
   * @param token of a server that asks for one; null: the session's cookie, or none, will do
   * @param send the browser's fetch, or a test's
   */
  constructor(
    private readonly base: string,
    private token: string | null = null,
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  /** Uses another token from the next call on. */
  authorise(token: string | null): void {
    this.token = token;
  }

  /** The manifest of the active bundle. */
  async bundle(signal?: AbortSignal): Promise<Manifest> {
    return (await (await this.call("bundle", { signal })).json()) as Manifest;
  }

  /** The address of a file of the bundle; what lies there never changes. */
  bundleFile(sha256: string, name: string): string {
    return this.address(`bundle/files/${sha256}/${name}`);
  }

  /** Reads 1 to 10 aligned crops, stacked downwards in one image; answers come in the same order. */
  async faces(crops: Blob, signal?: AbortSignal): Promise<Analysis> {
    const response = await this.call("faces?scores=all", {
      method: "POST",
      body: crops,
      headers: { "Content-Type": crops.type },
      signal,
    });
    return (await response.json()) as Analysis;
  }

  /** Any call; the answer has a status of 2xx. */
  async call(path: string, request: Request = {}): Promise<Response> {
    const headers = { ...this.headers(), ...request.headers };
    const init: RequestInit = { method: request.method ?? "GET", headers, signal: request.signal ?? null };
    const response = await this.reach(path, request.body === undefined ? init : { ...init, body: request.body });
    if (!response.ok) {
      throw await problemOf(response);
    }
    return response;
  }

  /** The headers of every call. */
  headers(): Readonly<Record<string, string>> {
    const accept = { Accept: "application/json, application/problem+json" };
    return this.token === null ? accept : { ...accept, Authorization: `Bearer ${this.token}` };
  }

  /** The address of a call. */
  address(path: string): string {
    return new URL(`api/v1/${path}`, this.base).href;
  }

  private async reach(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.send(this.address(path), init);
    } catch (error) {
      // fetch reports every failure of the network as a TypeError; aborts and timeouts pass as they are.
      throw error instanceof TypeError ? new UnreachableError("The server cannot be reached.", { cause: error }) : error;
    }
  }
}
