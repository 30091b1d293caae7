/** Small pictures: few at a time, newest wish first, kept, given up, tried again. */
import { describe, expect, it } from "vitest";
import { ProblemError, UnreachableError } from "../../src/api/problems.js";
import { Thumbnails } from "../../src/gallery/thumbnails.js";

interface Asked {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly give: () => void;
  readonly fail: (error: unknown) => void;
}

function set(): { asked: Asked[]; later: (() => void)[]; revoked: string[]; thumbnails: Thumbnails } {
  const asked: Asked[] = [];
  const later: (() => void)[] = [];
  const revoked: string[] = [];
  let made = 0;
  const addresses = {
    createObjectURL: () => `blob:${(made += 1)}`,
    revokeObjectURL: (address: string) => { revoked.push(address); },
  };
  const fetchOne = (id: string, signal: AbortSignal): Promise<Blob> =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => { reject(new DOMException("stopped", "AbortError")); });
      asked.push({ id, signal, give: () => { resolve(new Blob(["x"])); }, fail: reject });
    });
  return { asked, later, revoked, thumbnails: new Thumbnails(fetchOne, (run) => { later.push(run); }, addresses) };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("thumbnails", () => {
  it("asks for six at a time, and for the newest wish first", async () => {
    const { asked, thumbnails } = set();
    for (let n = 0; n < 10; n += 1) thumbnails.want(String(n), () => undefined);
    expect(asked.map(({ id }) => id)).toEqual(["0", "1", "2", "3", "4", "5"]);
    asked[0]!.give();
    await turn();
    expect(asked.at(-1)?.id).toBe("9");
  });

  it("takes wishes back: what nobody looks at any more is not fetched", async () => {
    const { asked, thumbnails } = set();
    const given: (string | null)[] = [];
    const takeBack = thumbnails.want("a", (address) => given.push(address));
    takeBack();
    await turn();
    expect(asked[0]!.signal.aborted).toBe(true);
    expect(given).toEqual([]);
    thumbnails.want("a", (address) => given.push(address));
    asked.at(-1)!.give();
    await turn();
    expect(given).toEqual(["blob:1"]);
  });

  it("keeps what it has, and gives it to everybody who asks", async () => {
    const { asked, thumbnails } = set();
    const given: (string | null)[] = [];
    thumbnails.want("a", (address) => given.push(address));
    thumbnails.want("a", (address) => given.push(address));
    asked[0]!.give();
    await turn();
    thumbnails.want("a", (address) => given.push(address));
    expect(given).toEqual(["blob:1", "blob:1", "blob:1"]);
    expect(asked).toHaveLength(1);
    expect([thumbnails.peek("a"), thumbnails.peek("b")]).toEqual(["blob:1", null]);
  });

  it("lets go of the oldest, and of all at the end", async () => {
    const { asked, revoked, thumbnails } = set();
    for (let n = 0; n < 601; n += 1) {
      thumbnails.want(String(n), () => undefined);
      asked.at(-1)!.give();
      await turn();
    }
    expect(revoked).toEqual(["blob:1"]);
    thumbnails.clear();
    expect(revoked).toHaveLength(601);
  });

  it("tries again after passing troubles, and says where there is none", async () => {
    const { asked, later, thumbnails } = set();
    const given: (string | null)[] = [];
    thumbnails.want("a", (address) => given.push(address));
    asked[0]!.fail(new UnreachableError("gone"));
    await turn();
    later.shift()!();
    asked[1]!.fail(new ProblemError({ type: "", title: "", status: 429, detail: "" }, 1));
    await turn();
    later.shift()!();
    asked[2]!.give();
    await turn();
    expect(given).toEqual(["blob:1"]);
    thumbnails.want("b", (address) => given.push(address));
    asked[3]!.fail(new ProblemError({ type: "", title: "", status: 404, detail: "" }, null));
    await turn();
    expect(given).toEqual(["blob:1", null]);
  });

  it("does not try again for what left the view meanwhile", async () => {
    const { asked, later, thumbnails } = set();
    const takeBack = thumbnails.want("a", () => undefined);
    asked[0]!.fail(new UnreachableError("gone"));
    await turn();
    takeBack();
    later.shift()!();
    expect(asked).toHaveLength(1);
  });
});
