/** The gallery's pure parts: order, days, rows, keys, selection, filter, crop, words. */
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { chipsOf } from "../../src/gallery/chips.js";
import { squarePosition } from "../../src/gallery/crop.js";
import { altText, leftToRight } from "../../src/gallery/describe.js";
import { everything, filterOf, lastDays, lets, openIn, queryOf, which } from "../../src/gallery/filter.js";
import { columnsFor, DAY_HEIGHT, GAP, heightOf, moved, rowOf, rowsOf } from "../../src/gallery/layout.js";
import { groupToggled, kept, nothing, stretched, toggled } from "../../src/gallery/selection.js";
import { before, dayOf, merged, refreshed, without } from "../../src/gallery/shots.js";
import { dayTitle } from "../../src/words/times.js";
import { answer, face, shot } from "./shots.js";
import { basic7, emo135, manifestOf } from "../page/manifest.js";

describe("the list", () => {
  const [a, b, c, d] = [shot(4, 11, 25), shot(3, 11, 25), shot(2, 11, 24), shot(1, 11, 20)];

  it("is the server's order: newest first, of equal times the greater id", () => {
    const time = "2026-11-25T12:00:00.000Z";
    const one = { ...a, ...answer(1, time), at: 5 };
    const two = { ...a, ...answer(2, time), at: 5 };
    expect([one, two].sort(before).map(({ id }) => id)).toEqual([two.id, one.id]);
  });

  it("takes the next page, a repeat, something in between, and holds each once", () => {
    expect(merged([a, b], [c, d])).toEqual([a, b, c, d]);
    expect(merged([a, b], [b, c])).toEqual([a, b, c]);
    expect(merged([a, d], [b, c])).toEqual([a, b, c, d]);
    expect(merged([], [])).toEqual([]);
    expect(merged([a], [{ ...a, width: 5 }])).toEqual([{ ...a, width: 5 }]);
  });

  it("comes to the same in whatever pieces it arrives", () => {
    const all = Array.from({ length: 30 }, (_, n) => shot(n, 11, 1 + (n % 9)));
    const sorted = [...all].sort(before);
    fc.assert(fc.property(fc.shuffledSubarray(all, { minLength: 30 }), fc.array(fc.nat(6), { maxLength: 12 }), (some, cuts) => {
      let list: readonly (typeof all)[number][] = [];
      for (const cut of [...cuts, 30]) list = merged(list, some.splice(0, cut));
      expect(list).toEqual(sorted);
    }));
  });

  it("forgets what is gone, and follows the first page of today", () => {
    expect(without([a, b, c], new Set([b.id]))).toEqual([a, c]);
    expect(refreshed([b, c, d], [a, b], false)).toEqual([a, b, c, d]); // new
    expect(refreshed([a, b, c, d], [a, c], false)).toEqual([a, c, d]); // b was deleted elsewhere
    expect(refreshed([a, b, c], [], true)).toEqual([]);
  });
});

describe("rows", () => {
  const shots = [shot(9, 11, 25), shot(8, 11, 25), shot(7, 11, 25), shot(6, 11, 24), shot(5, 11, 20)];
  const rows = rowsOf(shots, 2);

  it("begin each day with its heading", () => {
    expect(rows.map((row) => [row.kind, row.first, row.end])).toEqual([
      ["day", 0, 3], ["pictures", 0, 2], ["pictures", 2, 3],
      ["day", 3, 4], ["pictures", 3, 4], ["day", 4, 5], ["pictures", 4, 5],
    ]);
    expect(rowOf(rows, 3)).toBe(4);
    expect(rowOf(rows, 9)).toBe(-1);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });

  it("hold every screenshot once, in order, whatever the columns", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 1, max: 28 }), { maxLength: 60 }), (columns, days) => {
      const some = days.map((day, n) => shot(n, 11, day)).sort(before);
      const held = rowsOf(some, columns).filter((row) => row.kind === "pictures").flatMap((row) => some.slice(row.first, row.end));
      expect(held).toEqual(some);
    }));
  });

  it.each([[360, 3], [320, 2], [1280, 7], [2000, 11], [100, 2]])("of %i px have %i columns that fill them", (width, count) => {
    const columns = columnsFor(width);
    expect(columns.count).toBe(count);
    expect(columns.side * count + GAP * (count - 1)).toBeCloseTo(width);
    expect(heightOf(rows[0]!, columns.side)).toBe(DAY_HEIGHT);
    expect(heightOf(rows[1]!, columns.side)).toBeGreaterThan(columns.side);
  });

  it("are walked with the keys: along, across days, to the ends, and never out", () => {
    const go = (from: number, move: Parameters<typeof moved>[2]): number => moved(rows, from, move, 2);
    expect([go(0, "right"), go(2, "right"), go(4, "right")]).toEqual([1, 3, 4]);
    expect([go(0, "left"), go(3, "left")]).toEqual([0, 2]);
    expect([go(1, "down"), go(2, "down"), go(4, "down")]).toEqual([2, 3, 4]); // a short row: its last one
    expect([go(2, "up"), go(0, "up"), go(4, "up")]).toEqual([0, 0, 3]);
    expect([go(1, "rowStart"), go(0, "rowEnd"), go(2, "first"), go(0, "last")]).toEqual([0, 1, 0, 4]);
    expect([go(0, "pageDown"), go(4, "pageUp"), go(3, "pageDown")]).toEqual([3, 2, 4]);
    expect(moved([], 0, "down", 1)).toBe(0);
  });
});

describe("the selection", () => {
  const order = ["a", "b", "c", "d", "e"];

  it("toggles, stretches both ways from its anchor, and takes whole days", () => {
    const one = toggled(nothing, "c");
    expect([...stretched(one, "e", order).ids].sort()).toEqual(["c", "d", "e"]);
    expect([...stretched(stretched(one, "e", order), "a", order).ids].sort()).toEqual(order);
    expect([...stretched(nothing, "b", order).ids]).toEqual(["b"]);
    expect(stretched(one, "gone", order)).toBe(one);
    expect([...toggled(one, "c").ids]).toEqual([]);
    const day = groupToggled(one, ["c", "d"]);
    expect([...day.ids].sort()).toEqual(["c", "d"]);
    expect([...groupToggled(day, ["c", "d"]).ids]).toEqual([]);
  });

  it("forgets what is gone, its anchor too", () => {
    expect(kept({ ids: new Set(["a", "b"]), anchor: "b" }, new Set(["a"]))).toEqual({ ids: new Set(["a"]), anchor: null });
  });
});

describe("the filter", () => {
  it("stands in the address and is read back", () => {
    const filter = { emotion: "delight", from: "2026-11-01", to: "2026-11-25" };
    expect(filterOf(new URLSearchParams(queryOf(filter, null)))).toEqual(filter);
    expect(queryOf(everything, null)).toBe("");
    expect(openIn(new URLSearchParams(queryOf(filter, "0".repeat(32))))).toBe("0".repeat(32));
  });

  it.each(["emotion=$ne&from=yesterday&to=2026-13-40&open=../x", "emotion=A&from=2026-02-30&open=1", "from=0001-01-01"])(
    "takes nothing from %s", (query) => {
      expect(filterOf(new URLSearchParams(query))).toEqual(everything);
      expect(openIn(new URLSearchParams(query))).toBeNull();
    },
  );

  it("asks for whole days where the reader is", () => {
    const { from, to } = which({ emotion: null, from: "2026-11-24", to: "2026-11-24" });
    expect(dayOf(new Date(from!))).toBe("2026-11-24");
    expect(dayOf(new Date(Date.parse(to!) - 1))).toBe("2026-11-24");
    expect(dayOf(new Date(to!))).toBe("2026-11-25");
    expect(lastDays(7, new Date(2026, 2, 3, 5))).toEqual({ from: "2026-02-25", to: "2026-03-03" });
  });

  it("knows what it lets through", () => {
    const filter = { emotion: "fear", from: "2026-11-02", to: "2026-11-03" };
    expect(lets(filter, "2026-11-02", ["fear"])).toBe(true);
    expect(lets(filter, "2026-11-02", ["anger"])).toBe(false);
    expect([lets(filter, "2026-11-01", ["fear"]), lets(filter, "2026-11-04", ["fear"])]).toEqual([false, false]);
  });
});

describe.each([["basic7", basic7], ["emo135", emo135]])("the chips of %s", (_, classes) => {
  const manifest = manifestOf(classes);
  const { primaries, terms } = manifest.taxonomy;
  const term = terms.find(({ id, primary }) => id !== primary)!;

  it("are those of the manifest that there are pictures of, in its order, and others after them", () => {
    const [first, second] = [primaries[0]!.id, primaries[1]!.id];
    const chips = chipsOf(manifest, { [second]: 2, [first]: 1, "from-another-bundle": 3, [term.id]: 1 }, null);
    expect(chips.primaries).toEqual([{ id: first, count: 1 }, { id: second, count: 2 }, { id: "from-another-bundle", count: 3 }]);
    expect(chips).toMatchObject({ terms: [], primary: null });
  });

  it("show the finer terms of what is chosen, which stays when there is none left", () => {
    const chips = chipsOf(manifest, { [term.primary]: 4, [term.id]: 4 }, term.id);
    expect(chips.primary).toBe(term.primary);
    expect(chips.terms).toContainEqual({ id: term.id, count: 4 });
    expect(chipsOf(manifest, {}, term.id).terms).toEqual([{ id: term.id, count: 0 }]);
    expect(chipsOf(manifest, {}, term.primary).primaries).toContainEqual({ id: term.primary, count: 0 });
    expect(chipsOf(manifest, {}, "unheard-of").primaries).toContainEqual({ id: "unheard-of", count: 0 });
  });
});

describe("the crop", () => {
  const at = (...boxes: [number, number, number, number][]): string =>
    squarePosition({ width: 1280, height: 720, faces: boxes.map((box) => face("fear", null, { box })) });

  it("is around the faces", () => {
    expect(at()).toBe("50% 50%"); // nobody: the middle of the width
    expect(at([590, 300, 100, 100])).toBe("50% 50%");
    expect(at([0, 300, 100, 100])).toBe("0% 50%");
    expect(at([1180, 300, 100, 100])).toBe("100% 50%");
    expect(squarePosition({ width: 720, height: 1280, faces: [] })).toBe("50% 35%");
    expect(squarePosition({ width: 500, height: 500, faces: [] })).toBe("50% 50%");
  });

  it("leaves out the one who stands far from the others, rather than cutting two", () => {
    const share = Number.parseFloat(at([0, 300, 100, 100], [900, 300, 100, 100], [1100, 300, 100, 100]));
    const left = (share / 100) * 560;
    expect(left).toBeLessThanOrEqual(900);
    expect(left + 720).toBeGreaterThanOrEqual(1200);
  });

  it("is always within the picture", () => {
    const box = fc.tuple(fc.integer({ min: -200, max: 1400 }), fc.integer({ min: -200, max: 900 }), fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 900 }));
    fc.assert(fc.property(fc.array(box, { maxLength: 10 }), (boxes) => {
      for (const part of at(...boxes).split(" ")) {
        expect(Number.parseFloat(part)).toBeGreaterThanOrEqual(0);
        expect(Number.parseFloat(part)).toBeLessThanOrEqual(100);
      }
    }));
  });
});

describe("the words", () => {
  it("say who looked like what, from left to right", () => {
    const faces = [
      face("fear", "panic", { box: [900, 0, 10, 10] }), face("happiness", "delight", { box: [10, 0, 10, 10] }),
      face("anger", null, { primary: { id: "anger", confidence: 0.3, unsure: true }, box: [400, 0, 10, 10] }),
    ];
    expect(leftToRight(faces).map((one) => one.primary.id)).toEqual(["happiness", "anger", "fear"]);
    expect(altText(shot(1, 11, 25, faces))).toMatch(/^3 faces: looks like delight, unsure, looks like panic\. 25 November 2026/);
    expect(altText(shot(1, 11, 25))).toMatch(/^No face\. /);
  });

  it("name days as people do", () => {
    expect(dayTitle("2026-11-25", "2026-11-25")).toBe("Today");
    expect(dayTitle("2026-10-31", "2026-11-01")).toBe("Yesterday");
    expect(dayTitle("2026-03-09", "2026-11-01")).toBe("Monday 9 March");
    expect(dayTitle("2025-03-09", "2026-11-01")).toMatch(/Sunday,? 9 March 2025/);
  });
});
