import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NewScreenshot, UploadOptions } from "../../src/api/screenshots.js";
import { ProblemError, UnreachableError } from "../../src/api/problems.js";
import { LostAnswerError } from "../../src/api/upload.js";
import { IndexedStore } from "../../src/capture/device-store.js";
import { UploadQueue } from "../../src/capture/queue.js";
import type { QueueSetup } from "../../src/capture/queue-setup.js";
import type { Entry } from "../../src/capture/records.js";
import { pictureOf } from "./pictures.js";

const problem = (status: number, slug = "x", retry: number | null = null): ProblemError =>
  new ProblemError({ type: `/problems/${slug}`, title: "No", status, detail: "Because." }, retry);

/** A server as far as the queue can tell: keeps each key once, and fails as it is told. */
class FakeServer {
  readonly kept = new Map<string, string>(); // key -> id
  readonly calls: string[] = [];
  failures: unknown[] = []; // thrown one after the other before anything is kept
  losing = false; // keeps the picture, and its answer is lost
  owner: string | null = "local";
  store = true;
  gate: Promise<void> = Promise.resolve(); // what it takes for the body to arrive

  session(): Promise<{ owner: string | null; store: boolean }> {
    return Promise.resolve({ owner: this.owner, store: this.store });
  }

  async save({ key, masked }: NewScreenshot, { onProgress, signal }: UploadOptions): Promise<{ id: string }> {
    this.calls.push(key);
    onProgress?.(0.5);
    await this.gate;
    signal?.throwIfAborted();
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure as Error;
    expect(masked?.size).toBeGreaterThan(0);
    onProgress?.(1);
    if (!this.kept.has(key)) this.kept.set(key, `id-${key}`);
    if (this.losing) throw new LostAnswerError("lost");
    return { id: this.kept.get(key)! };
  }
}

interface Bench {
  readonly queue: UploadQueue;
  readonly server: FakeServer;
  readonly store: IndexedStore;
}

function bench(part: Partial<QueueSetup> & { server?: FakeServer } = {}): Bench {
  const server = part.server ?? new FakeServer();
  const store = new IndexedStore();
  const queue = new UploadQueue({
    server, store, online: () => true, random: () => 1, alone: (work) => work(), onChange: () => undefined, ...part,
  });
  return { queue, server, store };
}

const statusOf = ({ status }: Entry): string => (status.kind === "waiting" ? status.trouble.kind : status.kind);
const statuses = (queue: UploadQueue): string[] => queue.entries.map(statusOf);
const keysOn = async (store: IndexedStore): Promise<string[]> => (await store.all()).map(({ key }) => key);

/** Lets everything happen that waits for no clock. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory(); // an empty device
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }); // IndexedDB's own steps stay real
});
afterEach(() => {
  vi.useRealTimers();
});

describe("UploadQueue", () => {
  it("keeps a picture on the device until the server has it", async () => {
    const { queue, server, store } = bench();
    let during: string[] = [];
    const save = server.save.bind(server);
    server.save = async (...call) => {
      during = await keysOn(store);
      return save(...call);
    };
    await queue.add(pictureOf("k1"));
    expect(during).toEqual(["k1"]);
    expect(await keysOn(store)).toEqual([]);
    expect(queue.entries.map(({ status }) => status)).toEqual([{ kind: "saved", id: "id-k1" }]);
  });

  it("says that a picture waits only when it is on the device", async () => {
    const { queue, server, store } = bench();
    server.failures = [new UnreachableError("gone")];
    let write = (): void => undefined;
    const written = new Promise<void>((resolve) => { write = resolve; });
    const add = store.add.bind(store);
    store.add = async (picture) => {
      if (picture.key === "k2") await written;
      await add(picture);
    };
    const adding = [queue.add(pictureOf("k1")), queue.add(pictureOf("k2"))];
    await settled();
    expect([statuses(queue), await keysOn(store)]).toEqual([["unreachable", "queued"], ["k1"]]);
    write();
    await Promise.all(adding);
    expect([statuses(queue), await keysOn(store)]).toEqual([["unreachable", "unreachable"], ["k1", "k2"]]);
  });

  it("tries again with growing pauses, and sends everything in order when the server is back", async () => {
    const { queue, server, store } = bench();
    server.failures = [new UnreachableError("gone"), new UnreachableError("gone"), new UnreachableError("gone")];
    await queue.add(pictureOf("k1"));
    await queue.add(pictureOf("k2"));
    expect([statuses(queue), server.calls]).toEqual([["unreachable", "unreachable"], ["k1"]]);
    await vi.advanceTimersByTimeAsync(1999);
    expect(server.calls).toHaveLength(1);
    for (const [pause, calls] of [[1, 2], [3999, 2], [1, 3], [7999, 3]] as const) {
      await vi.advanceTimersByTimeAsync(pause);
      await settled();
      expect([server.calls.length, queue.pause === null]).toEqual([calls, false]);
    }
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    expect(statuses(queue)).toEqual(["saved", "saved"]);
    expect(server.calls).toEqual(["k1", "k1", "k1", "k1", "k2"]);
    expect(await keysOn(store)).toEqual([]);
  });

  it("saves once what the server kept although its answer was lost, also after a reload", async () => {
    const first = bench();
    first.server.losing = true;
    await first.queue.add(pictureOf("k1"));
    expect(first.queue.entries[0]).toMatchObject({ uncertain: true, status: { kind: "waiting" } });
    first.queue.close();
    const again = bench({ server: first.server });
    again.server.losing = false;
    await again.queue.open();
    expect(statuses(again.queue)).toEqual(["saved"]);
    expect([...first.server.kept]).toEqual([["k1", "id-k1"]]);
    expect(await keysOn(again.store)).toEqual([]);
  });

  it("asks to sign in without sending the picture, and goes on when that is done", async () => {
    const { queue, server, store } = bench();
    server.owner = null;
    await queue.add(pictureOf("k1", { owner: null }));
    expect([statuses(queue), server.calls, queue.pause]).toEqual([["signIn"], [], { trouble: { kind: "signIn" }, until: null }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect([server.calls, await keysOn(store)]).toEqual([[], ["k1"]]);
    server.owner = "ann";
    await queue.nudge();
    expect(statuses(queue)).toEqual(["saved"]);
  });

  it("does not hand pictures to another account, unless told to", async () => {
    await bench().store.add(pictureOf("k1", { owner: "ann" }));
    await bench().store.add(pictureOf("k2", { owner: null }));
    const { queue, server } = bench();
    server.owner = "bob";
    await queue.open();
    expect([server.calls, queue.entries.map(({ foreign }) => foreign)]).toEqual([[], [true, true]]);
    await queue.retry();
    expect(server.calls).toEqual([]);
    await queue.retry(true);
    expect(statuses(queue)).toEqual(["saved", "saved"]);
  });

  it("shows nobody the pictures of an account that is signed out, and sends them when it is back", async () => {
    await bench().store.add(pictureOf("k1", { owner: "ann" }));
    const { queue, server } = bench();
    server.owner = null;
    await queue.open();
    expect([server.calls, queue.entries[0]?.foreign, queue.pause]).toEqual([[], true, null]);
    server.owner = "bob";
    await queue.nudge();
    expect([server.calls, queue.entries[0]?.foreign]).toEqual([[], true]);
    server.owner = "ann";
    await queue.nudge();
    expect(statuses(queue)).toEqual(["saved"]);
  });

  it("waits for the store without sending the picture", async () => {
    const { queue, server } = bench();
    server.store = false;
    await queue.add(pictureOf("k1"));
    expect([statuses(queue), server.calls]).toEqual([["store"], []]);
    server.store = true;
    await vi.advanceTimersByTimeAsync(2000);
    await settled();
    expect(statuses(queue)).toEqual(["saved"]);
  });

  it.each([[507, "quota-exceeded", "quota"], [507, "store-full", "full"]])(
    "stops at %i %s until it is told to try again",
    async (status, slug, trouble) => {
      const { queue, server } = bench();
      server.failures = [problem(status, slug)];
      await queue.add(pictureOf("k1"));
      await queue.add(pictureOf("k2"));
      expect(statuses(queue)).toEqual([trouble, trouble]);
      await queue.nudge();
      await vi.advanceTimersByTimeAsync(600_000);
      expect(server.calls).toEqual(["k1"]);
      await queue.retry();
    expect(statuses(queue)).toEqual(["saved", "saved"]);
    },
  );

  it("lets a refused picture wait and sends the others", async () => {
    const { queue, server, store } = bench();
    server.failures = [problem(413, "too-large")];
    await queue.add(pictureOf("k1"));
    await queue.add(pictureOf("k2"));
    expect(queue.entries.map(({ status }) => status)).toEqual([
      { kind: "waiting", trouble: { kind: "refused", detail: "Because." } },
      { kind: "saved", id: "id-k2" },
    ]);
    expect(await keysOn(store)).toEqual(["k1"]);
  });

  it("waits as long as the server asks", async () => {
    const { queue, server } = bench();
    server.failures = [problem(429, "too-many-requests", 30)];
    await queue.add(pictureOf("k1"));
    await vi.advanceTimersByTimeAsync(29_999);
    expect(server.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    expect(statuses(queue)).toEqual(["saved"]);
  });

  it("forgets what was saved and deleted for good since", async () => {
    const { queue, server, store } = bench();
    server.failures = [problem(410, "gone")];
    await queue.add(pictureOf("k1"));
    expect([statuses(queue), await keysOn(store)]).toEqual([["gone"], []]);
  });

  it("discards, and takes back what was discarded by mistake under the same key", async () => {
    const { queue, server, store } = bench();
    server.failures = [new LostAnswerError("lost")];
    await queue.add(pictureOf("k1"));
    const [entry] = await queue.discard(["k1"]);
    expect([queue.entries, await keysOn(store), entry?.uncertain]).toEqual([[], [], true]);
    await queue.add(entry!.picture);
    await queue.retry();
    expect([...server.kept.keys()]).toEqual(["k1"]);
  });

  it("calls back a picture that is discarded while it is sent", async () => {
    const { queue, server, store } = bench();
    let open = (): void => undefined;
    server.gate = new Promise((resolve) => { open = resolve; });
    const sent = queue.add(pictureOf("k1"));
    await settled();
    expect(statuses(queue)).toEqual(["sending"]);
    const [entry] = await queue.discard(["k1"]);
    open();
    await sent;
    expect([entry?.uncertain, [...server.kept], await keysOn(store), queue.entries]).toEqual([false, [], [], []]);
  });

  it("leaves to another tab what that has sent", async () => {
    await bench().store.add(pictureOf("k1"));
    const { queue, server, store } = bench({ alone: async (work) => { await store.remove(["k1"]); return work(); } });
    await queue.open();
    expect([statuses(queue), server.calls]).toEqual([["gone"], []]);
  });

  it("sends also what the browser does not keep, and says so", async () => {
    globalThis.indexedDB = { open: () => { throw new DOMException("no", "SecurityError"); } } as unknown as IDBFactory;
    const { queue, server } = bench();
    await queue.open();
    server.failures = [new UnreachableError("gone")];
    await queue.add(pictureOf("k1"));
    expect(queue.entries[0]).toMatchObject({ kept: "blocked", status: { kind: "waiting" } });
    await queue.retry();
    expect(statuses(queue)).toEqual(["saved"]);
  });
});

describe("IndexedStore", () => {
  it("gives back the same bytes, oldest first", async () => {
    const store = new IndexedStore();
    const bytes = new Uint8Array([1, 2, 3]).buffer;
    await store.add(pictureOf("k2", { plain: { type: "image/jpeg", bytes } }));
    await store.add(pictureOf("k1"));
    const [first, second] = await new IndexedStore().all();
    expect([first?.key, second?.key]).toEqual(["k1", "k2"]);
    expect(new Uint8Array(second!.plain!.bytes)).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("has a limit in pictures and one in bytes, whoever adds at once", async () => {
    const most = { pictures: 3, bytes: 1000 };
    const tabs = [new IndexedStore("dasa", most), new IndexedStore("dasa", most)];
    const tries = [1, 2, 3, 4, 5].map((i) => tabs[i % 2]!.add(pictureOf(`k${i}`)).then(() => "kept", (error: unknown) => (error as Error).name));
    expect((await Promise.all(tries)).sort()).toEqual(["StorageFull", "StorageFull", "kept", "kept", "kept"]);
    const other = new IndexedStore("other", most);
    await other.add(pictureOf("k1", { bytes: 600 }));
    await expect(other.add(pictureOf("k2", { bytes: 500 }))).rejects.toMatchObject({ name: "StorageFull" });
    await other.remove(["k1"]);
    await other.add(pictureOf("k2", { bytes: 500 }));
    expect([await other.has("k1"), await other.has("k2")]).toEqual([false, true]);
  });
});
