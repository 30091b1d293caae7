/** Fetches files of known size and hash, counting bytes on the way. */

export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

export interface Wanted {
  readonly address: string;
  readonly size: number; // bytes, after decompression
  readonly sha256: string;
}

/**
 * Reads a file into memory and checks it. Addresses never change their content, so the browser's cache answers
 * the second time.
 *
 * @param onBytes called with the number of bytes that each piece adds
 * @throws DownloadError when the file cannot be reached or is not the one that was announced
 */
export async function download(
  wanted: Wanted,
  onBytes: (count: number) => void,
  signal: AbortSignal,
  send: typeof fetch = (input, init) => fetch(input, init),
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(wanted.size);
  let filled = 0;
  for await (const piece of pieces(wanted.address, signal, send)) {
    if (filled + piece.length > bytes.length) {
      throw new DownloadError(`${nameOf(wanted)} is longer than announced.`);
    }
    bytes.set(piece, filled);
    filled += piece.length;
    onBytes(piece.length);
  }
  if (filled !== bytes.length) {
    throw new DownloadError(`${nameOf(wanted)} ended after ${filled} of ${bytes.length} bytes.`);
  }
  await verify(bytes, wanted);
  return bytes;
}

/** Reads a file into the browser's cache only, so that whoever needs it next finds it there. */
export async function prefetch(
  address: string,
  onBytes: (count: number) => void,
  signal: AbortSignal,
  send: typeof fetch = (input, init) => fetch(input, init),
): Promise<void> {
  for await (const piece of pieces(address, signal, send)) {
    onBytes(piece.length);
  }
}

/**
 * Whether what was fetched from there last came out of the browser's cache: then nothing travelled (Resource Timing,
 * transferSize). False where the browser does not say.
 *
 * @param address whole, as fetch would name it
 */
export function fromCache(address: string, timings: Pick<Performance, "getEntriesByName"> = performance): boolean {
  const last = timings.getEntriesByName(address, "resource").at(-1);
  const { transferSize, decodedBodySize } = (last ?? {}) as Partial<PerformanceResourceTiming>;
  return transferSize === 0 && decodedBodySize !== undefined && decodedBodySize > 0;
}

async function* pieces(address: string, signal: AbortSignal, send: typeof fetch): AsyncGenerator<Uint8Array> {
  try {
    const response = await send(address, { signal });
    if (!response.ok || response.body === null) {
      throw new DownloadError(`${address} answered ${response.status}.`);
    }
    const reader = response.body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value;
    }
  } catch (error) {
    throw error instanceof TypeError ? new DownloadError(`${address} cannot be reached.`, { cause: error }) : error;
  }
}

async function verify(bytes: Uint8Array<ArrayBuffer>, wanted: Wanted): Promise<void> {
  // Browsers offer hashes in secure contexts only. Elsewhere the size has to do: what travels unencrypted could
  // come with a manifest to match anyway.
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  if (subtle === undefined) {
    return;
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== wanted.sha256) {
    throw new DownloadError(`${nameOf(wanted)} is not the file that the bundle names.`);
  }
}

function nameOf(wanted: Wanted): string {
  return wanted.address.slice(wanted.address.lastIndexOf("/") + 1);
}
