/** What the worker fetches and what it sends. */
import { createHash } from "node:crypto";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { download, DownloadError, fromCache } from "../../src/worker/download.js";
import { encodePng } from "../../src/worker/png.js";

const bytes = new Uint8Array(1000).map((_, index) => index % 251);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const wanted = { address: "http://server/files/model.onnx", size: bytes.length, sha256 };
const never = new AbortController().signal;
const serve = (body: Uint8Array<ArrayBuffer>, status = 200): typeof fetch => () => Promise.resolve(new Response(body, { status }));

describe("download", () => {
  it("reads a file and counts its bytes", async () => {
    let counted = 0;
    const read = await download(wanted, (count) => (counted += count), never, serve(bytes));
    expect(read).toEqual(bytes);
    expect(counted).toBe(bytes.length);
  });

  it.each([
    ["another file", serve(bytes.map((value) => value ^ 1)), "not the file"],
    ["a file that ends early", serve(bytes.slice(0, 10)), "ended after 10"],
    ["a file that is too long", serve(new Uint8Array(2000)), "longer"],
    ["no file", serve(bytes, 404), "404"],
    ["no server", () => Promise.reject(new TypeError("network")), "cannot be reached"],
  ] as const)("refuses %s", async (_, send, message) => {
    const failed = download(wanted, () => undefined, never, send);
    await expect(failed).rejects.toThrow(DownloadError);
    await expect(failed).rejects.toThrow(message);
  });

  it("passes an abort on", async () => {
    const reason = new DOMException("closed", "AbortError");
    await expect(download(wanted, () => undefined, never, () => Promise.reject(reason))).rejects.toBe(reason);
  });
});

describe("fromCache", () => {
  const timed = (...entries: Partial<PerformanceResourceTiming>[]) => ({
    getEntriesByName: (name: string) => (name === wanted.address ? (entries as PerformanceEntryList) : []),
  });

  it.each([
    ["nothing travelled", true, [{ transferSize: 0, decodedBodySize: 1000 }]],
    ["the file travelled", false, [{ transferSize: 400, decodedBodySize: 1000 }]],
    ["only the last time counts", true, [{ transferSize: 400, decodedBodySize: 1000 }, { transferSize: 0, decodedBodySize: 1000 }]],
    ["the browser hides the sizes", false, [{ transferSize: 0, decodedBodySize: 0 }]],
    ["the browser names no sizes", false, [{}]],
    ["it was never fetched", false, []],
  ] as const)("%s: %s", (_, expected, entries) => {
    expect(fromCache(wanted.address, timed(...entries))).toBe(expected);
  });
});

describe("PNG", () => {
  it("keeps every colour", async () => {
    const [width, height] = [37, 21];
    const data = new Uint8Array(4 * width * height).map((_, index) => (index % 4 === 3 ? 255 : (index * 7919) % 256));
    const blob = await encodePng({ data, width, height });
    expect(blob.type).toBe("image/png");
    const decoded = PNG.sync.read(Buffer.from(await blob.arrayBuffer()));
    expect([decoded.width, decoded.height]).toEqual([width, height]);
    expect(new Uint8Array(decoded.data)).toEqual(data);
  });
});
