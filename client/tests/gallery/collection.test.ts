/** Loading, troubles and undoing, over a server that does as it is told. */
import { describe, expect, it } from "vitest";
import { ProblemError, UnreachableError } from "../../src/api/problems.js";
import { Library } from "../../src/api/library.js";
import { ApiClient } from "../../src/api/client.js";
import { Collection } from "../../src/gallery/collection.js";
import { everything } from "../../src/gallery/filter.js";
import { troubleOf } from "../../src/gallery/troubles.js";
import { answer } from "./shots.js";

const JSON_TYPE = { "Content-Type": "application/json" };

/** A server with a few screenshots, two a page. */
class Server {
  kept = Array.from({ length: 5 }, (_, n) => answer(9 - n, `2026-11-2${9 - n}T12:00:00Z`));
  hidden = new Set<string>();
  fail: (() => Response) | null = null;
  readonly asked: string[] = [];

  readonly send: typeof fetch = (input, init) => {
    const url = new URL(input as string);
    this.asked.push(`${init?.method ?? "GET"} ${url.pathname.slice("/api/v1/".length)}${url.search}`);
    if (this.fail !== null) {
      const failed = this.fail;
      return Promise.resolve().then(() => failed());
    }
    return Promise.resolve(this.answer(url, init));
  };

  private answer(url: URL, init: RequestInit | undefined): Response {
    const there = this.kept.filter(({ id }) => !this.hidden.has(id));
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as { ids?: string[] }) : {};
    if (url.pathname.endsWith("/totals")) return json({ count: there.length, bytes: 5, quota: 10, emotions: {} });
    if (url.pathname.endsWith("/delete")) {
      const ids = (body.ids ?? []).filter((id) => there.some((shot) => shot.id === id));
      for (const id of ids) this.hidden.add(id);
      return json({ ids });
    }
    if (url.pathname.endsWith("/restore")) {
      const ids = (body.ids ?? [...this.hidden]).filter((id) => this.hidden.delete(id));
      return json({ ids });
    }
    if (init?.method === "DELETE") {
      for (const { id } of there) this.hidden.add(id);
      return json({ count: there.length });
    }
    const from = url.searchParams.has("cursor") ? there.findIndex(({ id }) => id === url.searchParams.get("cursor")) + 1 : 0;
    const items = there.slice(from, from + 2);
    return json({ items, next: from + 2 < there.length ? items.at(-1)!.id : null });
  }
}

function json(body: unknown): Response {
  return new Response(JSON.stringify(body), { headers: JSON_TYPE });
}

function problem(status: number, slug: string, retryAfter: string | null = null): Response {
  const headers = { "Content-Type": "application/problem+json", ...(retryAfter === null ? {} : { "Retry-After": retryAfter }) };
  return new Response(JSON.stringify({ type: `/problems/${slug}`, title: "T", status, detail: "Said." }), { status, headers });
}

/** Time that passes when it is told to. */
class Hands {
  waiting: (() => void)[] = [];
  readonly after = (run: () => void): (() => void) => {
    this.waiting.push(run);
    return () => { this.waiting = this.waiting.filter((one) => one !== run); };
  };
  second(): void {
    for (const run of this.waiting.splice(0)) run();
  }
}

function set(): { server: Server; hands: Hands; collection: Collection; settled: () => Promise<void> } {
  const server = new Server();
  const hands = new Hands();
  const library = new Library(new ApiClient("http://dasa.test/", null, server.send));
  const collection = new Collection(library, () => undefined, { after: hands.after, online: () => true });
  const settled = async (): Promise<void> => {
    do await new Promise((resolve) => setTimeout(resolve)); while (collection.loading);
  };
  return { server, hands, collection, settled };
}

const ids = (collection: Collection): string[] => collection.shots.map(({ id }) => id.slice(-1));

describe("the collection", () => {
  it("comes page by page to its end", async () => {
    const { collection, settled, server } = set();
    collection.show(everything);
    await settled();
    expect([ids(collection), collection.unfinished, collection.total]).toEqual([["9", "8"], true, 5]);
    await collection.more();
    await collection.more();
    expect([ids(collection), collection.unfinished]).toEqual([["9", "8", "7", "6", "5"], false]);
    const asked = server.asked.length;
    await collection.more();
    expect(server.asked.length).toBe(asked);
  });

  it("asks once at a time", async () => {
    const { collection, settled, server } = set();
    collection.show(everything);
    void collection.more();
    await collection.more(); // comes back with the page that is on its way, not before
    expect(ids(collection)).toEqual(["9", "8"]);
    await settled();
    expect(server.asked.filter((call) => call.startsWith("GET screenshots?"))).toHaveLength(1);
  });

  it("says what is wrong, counts down, tries again, and goes on where it was", async () => {
    const { collection, settled, server, hands } = set();
    collection.show(everything);
    await settled();
    server.fail = () => problem(503, "store-unavailable", "3");
    await collection.more();
    expect([collection.trouble?.kind, collection.retryIn, ids(collection)]).toEqual(["store", 3, ["9", "8"]]);
    hands.second();
    expect(collection.retryIn).toBe(2);
    server.fail = null;
    hands.second();
    hands.second();
    await settled();
    expect([collection.trouble, ids(collection)]).toEqual([null, ["9", "8", "7", "6"]]);
  });

  it("waits longer each time, and does not try where that does not help", async () => {
    const { collection, settled, server } = set();
    server.fail = () => { throw new TypeError("no network"); };
    collection.show(everything);
    await settled();
    const waits: (number | null)[] = [];
    for (let n = 0; n < 6; n += 1) {
      waits.push(collection.retryIn);
      collection.retry();
      await settled();
    }
    expect(waits).toEqual([2, 4, 8, 16, 30, 30]);
    server.fail = () => problem(401, "sign-in");
    collection.retry();
    await settled();
    expect([collection.trouble?.kind, collection.retryIn]).toEqual(["signedOut", null]);
  });

  it("hides at once, and brings back into its place", async () => {
    const { collection, settled, server } = set();
    collection.show(everything);
    await settled();
    await collection.more();
    const eight = collection.shots[1]!.id;
    const deleting = collection.delete(new Set([eight]));
    expect(ids(collection)).toEqual(["9", "7", "6"]);
    const deleted = await deleting;
    expect([...server.hidden]).toEqual([eight]);
    expect(await collection.restore(deleted)).toBe(1);
    expect(ids(collection)).toEqual(["9", "8", "7", "6"]);
  });

  it("puts back what the server did not delete", async () => {
    const { collection, settled, server } = set();
    collection.show(everything);
    await settled();
    server.fail = () => problem(503, "store-unavailable");
    await expect(collection.delete(new Set([collection.shots[0]!.id]))).rejects.toThrow(ProblemError);
    expect(ids(collection)).toEqual(["9", "8"]);
  });

  it("deletes all and brings all back", async () => {
    const { collection, settled } = set();
    collection.show(everything);
    await settled();
    const deleted = await collection.deleteAll();
    await settled();
    expect([deleted.count, ids(collection), collection.unfinished]).toEqual([5, [], false]);
    expect(await collection.restore(deleted)).toBe(5);
    await settled();
    expect(ids(collection)).toEqual(["9", "8"]);
  });

  it("does not bring back what the filter leaves out now, nor what lies deeper than it has come", async () => {
    const { collection, settled } = set();
    collection.show(everything);
    await settled();
    await collection.more();
    const deleted = await collection.delete(new Set([collection.shots[3]!.id]));
    collection.show(everything);
    await settled();
    await collection.restore(deleted);
    expect(ids(collection)).toEqual(["9", "8"]);
    await collection.more();
    expect(ids(collection)).toEqual(["9", "8", "7", "6"]);
  });

  it("follows what happened elsewhere", async () => {
    const { collection, settled, server } = set();
    collection.show(everything);
    await settled();
    server.hidden.add(server.kept[0]!.id);
    await collection.refresh();
    expect(ids(collection)).toEqual(["8", "7"]);
  });
});

describe("troubles", () => {
  it("are told apart", () => {
    const kind = (error: unknown, online = true): string => troubleOf(error, 0, online).kind;
    const of = (status: number, type = ""): ProblemError => new ProblemError({ type, title: "", status, detail: "d" }, null);
    expect(kind(new UnreachableError("x"))).toBe("unreachable");
    expect(kind(new UnreachableError("x"), false)).toBe("offline");
    expect([of(401), of(429), of(502), of(500), of(503, "/problems/store-unavailable")].map((error) => kind(error)))
      .toEqual(["signedOut", "busy", "unreachable", "other", "store"]);
    expect(() => troubleOf(new RangeError("ours"), 0, true)).toThrow(RangeError);
  });
});
