/** Calls about many screenshots that are kept: pages, counts, pictures, archives, deleting. */
import type { PageAnswer, ScreenshotAnswer, TotalsAnswer } from "../generated/api.js";
import type { ApiClient } from "./client.js";
import { Screenshots } from "./screenshots.js";

export type Variant = "masked" | "plain";

/** Which screenshots; times in ISO 8601 with a time zone. */
export interface Which {
  readonly emotion?: string | null;
  readonly from?: string | null;
  readonly to?: string | null;
}

export const PAGE_SIZE = 100;
/** Ids that one call takes. */
export const MOST_IDS = 1000;

export class Library {
  readonly #few: Screenshots;

  constructor(private readonly api: ApiClient) {
    this.#few = new Screenshots(api);
  }

  /** A page, newest first; `cursor` is `next` of the page before, null the first. */
  async page(which: Which, cursor: string | null, signal?: AbortSignal): Promise<PageAnswer> {
    const query = parameters({ ...which, cursor, limit: String(PAGE_SIZE) });
    return (await (await this.api.call(`screenshots${query}`, { signal })).json()) as PageAnswer;
  }

  /** One screenshot without its pixels. */
  async get(id: string, signal?: AbortSignal): Promise<ScreenshotAnswer> {
    return (await (await this.api.call(`screenshots/${id}`, { signal })).json()) as ScreenshotAnswer;
  }

  /** Counts of a span of time, and room taken. */
  async totals(span: Pick<Which, "from" | "to">, signal?: AbortSignal): Promise<TotalsAnswer> {
    const query = parameters({ from: span.from, to: span.to });
    return (await (await this.api.call(`screenshots/totals${query}`, { signal })).json()) as TotalsAnswer;
  }

  /** The small picture. */
  async thumbnail(id: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.api.call(`screenshots/${id}/thumbnail`, { signal })).blob();
  }

  /** Where the large picture lies. */
  imageAddress(id: string, variant: Variant): string {
    return this.api.address(`screenshots/${id}/image?variant=${variant}`);
  }

  /** Where a ZIP of all of them lies. */
  archiveAddress(which: Which): string {
    return this.api.address(`screenshots/archive${parameters({ ...which })}`);
  }

  /** A ZIP of up to MOST_IDS screenshots, and the name that the server gives it. */
  async archive(ids: readonly string[], signal?: AbortSignal): Promise<{ readonly data: Blob; readonly name: string }> {
    const answer = await this.api.call("screenshots/archive", json("POST", { ids }, signal));
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
    return { data: await answer.blob(), name: name ?? "screenshots.zip" };
  }

  /** Hides screenshots, any number of them; returns those that are hidden now and can be restored for a while. */
  async delete(ids: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    return inParts(ids, (part) => this.#few.delete(part, signal));
  }

  /** Hides all screenshots; returns how many they were. */
  async deleteAll(signal?: AbortSignal): Promise<number> {
    const answer = await this.api.call("screenshots", { method: "DELETE", signal });
    return ((await answer.json()) as { readonly count: number }).count;
  }

  /** Shows deleted screenshots again; without ids all that still can be. Returns those that are there now. */
  async restore(ids: readonly string[] | null, signal?: AbortSignal): Promise<readonly string[]> {
    if (ids !== null) return inParts(ids, (part) => this.#few.restore(part, signal));
    const answer = await this.api.call("screenshots/restore", json("POST", {}, signal));
    return ((await answer.json()) as { readonly ids: readonly string[] }).ids;
  }
}

async function inParts(
  ids: readonly string[], call: (part: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const done: string[] = [];
  for (const part of parts(ids, MOST_IDS)) done.push(...(await call(part)));
  return done;
}

/** A list in pieces of at most `size`. */
export function parts<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size));
}

/** A request with a body of JSON. */
export function json(
  method: "POST" | "PUT", body: unknown, signal?: AbortSignal,
): { method: "POST" | "PUT"; body: string; headers: Record<string, string>; signal: AbortSignal | undefined } {
  return { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal };
}

function parameters(values: Readonly<Record<string, string | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== undefined) query.set(name, value);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
