/** The detector's looks: its share of the time is kept, and what changed is looked at first. */
import { describe, expect, it } from "vitest";
import { closestView, Looks } from "../../src/faces/looks.js";
import { views } from "../../src/faces/views.js";
import type { Box, Pixels } from "../../src/records.js";
import { Pyramid } from "../../src/sampling/pyramid.js";
import { manifest } from "../node-models.js";

const [WIDTH, HEIGHT, EVERY_S] = [160, 90, 0.4];
const boxes = views(1280, 720, manifest.detector, false).map(({ x, y, width, height }) => ({
  x: x / 8, y: y / 8, width: width / 8, height: height / 8,
})); // of a picture that is quick to make, too small for squares of its own

/** Grey walls with grain that differs from one to the next. */
const walls = [0, 1, 2].map((seed) =>
  Uint8ClampedArray.from({ length: 4 * WIDTH * HEIGHT }, (_, at) => 150 + ((at * 31 + seed * 7919) % 13) - 6),
);

/** A grey wall, and blocks on it. */
function picture(seed: number, blocks: readonly Box[] = []): Pixels {
  const data = walls[seed % walls.length]!.slice();
  for (const { x, y, width, height } of blocks) {
    for (let row = y; row < y + height; row++) {
      data.fill(60, 4 * (row * WIDTH + x), 4 * (row * WIDTH + x + width));
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}

interface Step {
  readonly pixels: Pixels;
  readonly followed?: readonly Box[];
}

/** Indices of the views that are looked at in each frame of a stream. */
function run(steps: readonly Step[], cost: number, frameS: number): number[][] {
  const looks = new Looks(boxes, EVERY_S);
  const frame = new Pyramid();
  return steps.map(({ pixels, followed = [] }, i) => {
    frame.load(pixels);
    if (i > 0) looks.earn(frameS, cost);
    return looks.due(frame, [], followed).map((view) => boxes.indexOf(view));
  });
}

const still = (count: number): Step[] => Array.from({ length: count }, (_, i) => ({ pixels: picture(i) }));
const small: Box = { x: 75, y: 40, width: 7, height: 8 };
const holding = boxes.flatMap((view, i) =>
  i >= 2 && small.x >= view.x && small.x + small.width <= view.x + view.width && small.y >= view.y && small.y + small.height <= view.y + view.height ? [i] : [],
);

describe("looks", () => {
  it.each([
    [0.03, 0.15 / 0.03 - 1 / EVERY_S], // what the whole frame leaves of the turns' share of the time
    [0.1, 0.5], // nothing is left, and half of the one look a second that the others always have is for changes
  ])("take turns in their share of the time where nothing changes, at %d s a look", (cost, perSecond) => {
    const seen = run(still(300), cost, 0.2).slice(20).flat();
    const others = seen.filter((index) => index > 0);
    expect(others.length).toBeCloseTo(280 * 0.2 * perSecond, -1);
    const times = boxes.slice(1).map((_, i) => others.filter((index) => index === i + 1).length);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
  });

  it.each([0.043, 0.1, 0.25, 0.6])("see a small change in the frame that shows it, at %d s a look", (cost) => {
    expect(holding.length).toBeGreaterThan(0);
    const steps = [...still(80), { pixels: picture(80, [small]) }];
    expect(run(steps, cost, 0.3).at(-1)).toEqual(expect.arrayContaining(holding));
  });

  it.each([0.015, 0.043, 0.1, 0.25])("keep to their share of the time when everything changes, at %d s a look", (cost) => {
    const flicker = Array.from({ length: 200 }, (_, i) => ({
      pixels: picture(i, i % 2 === 0 ? [] : [{ x: 0, y: 0, width: WIDTH, height: HEIGHT }]),
    }));
    const seen = run(flicker, cost, 0.2).flat();
    const most = Math.max(0.4, Math.min(0.4, cost / EVERY_S) + cost * 1); // one small view a second is always looked at
    expect((seen.length - 13) * cost).toBeLessThanOrEqual(most * 200 * 0.2);
    const times = boxes.map((_, i) => seen.filter((index) => index === i).length);
    expect(Math.min(...times)).toBeGreaterThan(0.5 * Math.max(...times.slice(1))); // nobody starves
  });

  it("are not all spent on the movement of somebody who is followed", () => {
    const body = (i: number): Box[] => [
      { x: 15 + (i % 3), y: 10, width: 10, height: 12 },
      { x: 12 + (i % 3), y: 22, width: 16, height: 50 },
    ];
    const steps = Array.from({ length: 120 }, (_, i) => ({ pixels: picture(i, body(i)), followed: body(i).slice(0, 1) }));
    const newcomer = { pixels: picture(120, [...body(120), small]), followed: body(120).slice(0, 1) };
    const all = run([...steps, newcomer], 0.25, 0.5);
    expect(all.at(-1)).toEqual(expect.arrayContaining(holding.slice(0, 3)));
    const moving = boxes.flatMap((view, i) => (i >= 2 && view.x <= 12 ? [i] : []));
    const times = (index: number): number => all.flat().filter((each) => each === index).length;
    expect(Math.min(...moving.map(times))).toBeGreaterThan(Math.max(...holding.filter((i) => !moving.includes(i)).map(times)));
  });

  it("come round as often as wished where they cost little, whatever changes", () => {
    const seen = run(still(150), 0.005, 1 / 15);
    for (let index = 1; index < boxes.length; index++) {
      const at = seen.flatMap((chosen, i) => (chosen.includes(index) ? [i] : []));
      const gaps = at.slice(1).map((frame, i) => frame - at[i]!);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(EVERY_S * 15) + 1);
    }
  });
});

describe("closestView", () => {
  it("is the smallest that holds a face with room around, else the wide one", () => {
    expect(closestView(small, boxes)).toBeGreaterThan(1);
    expect(closestView({ x: 100, y: 20, width: 330, height: 330 }, boxes)).toBe(1);
  });
});
