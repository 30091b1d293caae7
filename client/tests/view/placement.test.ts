import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overlap, type Rect, type Size } from "../../src/view/geometry.js";
import { placeLabels, type Memory, type Placed, type Wish } from "../../src/view/placement.js";

const FRAME = { width: 1280, height: 720 };
const none: Memory = new Map();

function wish(id: number, face: Rect, ...sizes: Size[]): Wish {
  return { id, face, sizes: sizes.length > 0 ? sizes : [{ width: 110, height: 26 }] };
}

const face = (x: number, y: number, height: number): Rect => ({ x, y, width: 0.75 * height, height });

function expectSound(labels: readonly Placed[], frame: Size): void {
  for (const { rect } of labels) {
    expect(rect.x).toBeGreaterThanOrEqual(0);
    expect(rect.y).toBeGreaterThanOrEqual(0);
    expect(rect.x + rect.width).toBeLessThanOrEqual(frame.width);
    expect(rect.y + rect.height).toBeLessThanOrEqual(frame.height);
  }
  labels.forEach(({ rect }, i) => {
    for (const other of labels.slice(i + 1)) expect(overlap(rect, other.rect)).toBe(0);
  });
}

const anyWishes = fc.array(
  fc.record({
    x: fc.integer({ min: -200, max: 1400 }),
    y: fc.integer({ min: -200, max: 800 }),
    height: fc.integer({ min: 20, max: 700 }),
    width: fc.integer({ min: 30, max: 300 }),
  }),
  { maxLength: 10 },
);

describe("placeLabels", () => {
  it("stands above the head, in its middle, without a leader, where that is free", () => {
    const { labels } = placeLabels([wish(1, face(500, 300, 200))], FRAME, none);
    expect(labels[0]!.rect).toEqual({ x: 575 - 55, y: 300 - 26 - 4, width: 110, height: 26 });
    expect(labels[0]!.leader).toBeNull();
  });

  it("never leaves the frame, never covers another label, and finds room for all when there is room", () => {
    fc.assert(
      fc.property(anyWishes, (all) => {
        const wishes = all.map(({ x, y, height, width }, i) =>
          wish(i + 1, face(x, y, height), { width, height: 26 }, { width: 34, height: 26 }),
        );
        const { labels } = placeLabels(wishes, FRAME, none);
        expectSound(labels, FRAME);
        expect(labels.map((label) => label.id)).toEqual(wishes.map((one) => one.id));
      }),
    );
  });

  it("uses smaller forms in a small frame, and stays sound when even they do not all fit", () => {
    const small = { width: 120, height: 60 };
    const wishes = Array.from({ length: 10 }, (_, i) => wish(i + 1, face(10 * i, 20, 30), { width: 100, height: 22 }, { width: 26, height: 22 }));
    const { labels } = placeLabels(wishes, small, none);
    expectSound(labels, small);
    expect(labels.length).toBeGreaterThanOrEqual(4);
    expect(labels.every((label) => label.form === 1)).toBe(true);
  });

  it("draws a leader to a head whose label had to move aside", () => {
    const heads = [1, 2, 3, 4].map((id) => wish(id, face(500 + id, 300, 60), { width: 300, height: 26 }));
    const { labels } = placeLabels(heads, FRAME, none);
    expect(labels.some((label) => label.leader !== null)).toBe(true);
    expectSound(labels, FRAME);
  });

  it("gives the same places for the same faces", () => {
    const wishes = [wish(1, face(300, 200, 150)), wish(2, face(330, 210, 150)), wish(3, face(360, 190, 150))];
    expect(placeLabels(wishes, FRAME, none)).toEqual(placeLabels(wishes, FRAME, none));
  });

  it("keeps still: a label follows its head by small steps and does not jump back and forth", () => {
    let memory: Memory = none;
    const offsets: string[] = [];
    for (let step = 0; step < 60; step++) {
      const wobble = 6 * Math.sin(step); // two heads that nearly touch, with jitter
      const wishes = [wish(1, face(400 + wobble, 300, 160)), wish(2, face(505 - wobble, 304, 160))];
      const placed = placeLabels(wishes, FRAME, memory);
      memory = placed.memory;
      expectSound(placed.labels, FRAME);
      offsets.push(placed.labels.map(({ rect }, i) => Math.sign(Math.round((rect.y - wishes[i]!.face.y) / 26))).join());
    }
    expect(new Set(offsets.slice(5)).size).toBe(1);
  });

  it("forgets who left", () => {
    const { memory } = placeLabels([wish(1, face(300, 200, 150)), wish(2, face(700, 200, 150))], FRAME, none);
    expect([...placeLabels([wish(2, face(700, 200, 150))], FRAME, memory).memory.keys()]).toEqual([2]);
  });
});
