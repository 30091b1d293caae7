/** The calls about screenshots. */
import type { IdsAnswer, Metadata, ScreenshotAnswer, SessionAnswer } from "../generated/api.js";
import type { ApiClient } from "./client.js";
import { upload } from "./upload.js";

/** What is sent; at least one of the two pictures. */
export interface NewScreenshot {
  readonly key: string; // the Idempotency-Key: a repeat with it, and with the same content, is kept once
  readonly metadata: Metadata;
  readonly masked: Blob | null; // with mask and labels
  readonly plain: Blob | null; // without
}

export interface UploadOptions {
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

export class Screenshots {
  constructor(private readonly api: ApiClient) {}

  /** Keeps a screenshot on the server. */
  save({ key, metadata, masked, plain }: NewScreenshot, { onProgress, signal }: UploadOptions = {}): Promise<ScreenshotAnswer> {
    const body = new FormData();
    if (masked !== null) body.set("image", masked);
    if (plain !== null) body.set("plain", plain);
    body.set("metadata", JSON.stringify(metadata));
    const headers = { ...this.api.headers(), "Idempotency-Key": key };
    return upload({ url: this.api.address("screenshots"), body, headers, onProgress, signal });
  }

  /** Hides screenshots at once; they can be restored for a while. Returns those that are hidden now. */
  delete(ids: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    return this.#ids("screenshots/delete", ids, signal);
  }

  /** Shows deleted screenshots again. Returns those that are there again. */
  restore(ids: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    return this.#ids("screenshots/restore", ids, signal);
  }

  /** Who I am to the server, and what it allows. */
  async session(signal?: AbortSignal): Promise<SessionAnswer> {
    return (await (await this.api.call("session", { signal })).json()) as SessionAnswer;
  }

  async #ids(path: string, ids: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    const headers = { "Content-Type": "application/json" };
    const answer = await this.api.call(path, { method: "POST", body: JSON.stringify({ ids }), headers, signal });
    return ((await answer.json()) as IdsAnswer).ids;
  }
}
