import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { invert, regionMatrix, type Matrix } from "../../src/sampling/matrix.js";
import { halve, Pyramid } from "../../src/sampling/pyramid.js";
import { warp } from "../../src/sampling/warp.js";

/** Smooth colours, so that a wrong position shows and rounding does not. */
function picture(width: number, height: number): Uint8ClampedArray {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    data.set([127 + 120 * Math.sin(x / 5), 127 + 120 * Math.cos(y / 7), 127 + 120 * Math.sin((x + y) / 9), 255], 4 * i);
  }
  return data;
}

/** The definition, in floats: bilinear on an endless plane that is black outside. */
function reference(data: Uint8ClampedArray, width: number, height: number, back: Matrix, side: number): number[] {
  const at = (x: number, y: number, c: number): number =>
    x >= 0 && x < width && y >= 0 && y < height ? data[4 * (y * width + x) + c]! : 0;
  const out: number[] = [];
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [(i % side) + 0.5, Math.floor(i / side) + 0.5];
    const u = back[0] * x + back[1] * y + back[2] - 0.5;
    const v = back[3] * x + back[4] * y + back[5] - 0.5;
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [fu, fv] = [u - left, v - top];
    for (let c = 0; c < 3; c++) {
      const upper = at(left, top, c) * (1 - fu) + at(left + 1, top, c) * fu;
      const lower = at(left, top + 1, c) * (1 - fu) + at(left + 1, top + 1, c) * fu;
      out.push(upper * (1 - fv) + lower * fv);
    }
  }
  return out;
}

describe("warp", () => {
  it("samples bilinearly, black outside, wherever the region lies", () => {
    const [width, height, side] = [61, 47, 24];
    const data = picture(width, height);
    const pyramid = new Pyramid();
    pyramid.load({ data, width, height });
    const crop = new Uint32Array(side * side);
    fc.assert(
      fc.property(
        fc.record({
          x: fc.double({ min: -40, max: 100, noNaN: true }),
          y: fc.double({ min: -40, max: 90, noNaN: true }),
          side: fc.double({ min: 3, max: 2 * side, noNaN: true }),
          angle: fc.double({ min: -4, max: 4, noNaN: true }),
        }),
        (region) => {
          const matrix = regionMatrix(region, side);
          warp(pyramid, matrix, crop, side, side);
          const expected = reference(data, width, height, invert(matrix), side);
          const bytes = new Uint8Array(crop.buffer);
          // One assertion a run: thousands of them make shrinking a failure take many minutes.
          const differences = expected.map((value, i) => Math.abs(bytes[4 * Math.floor(i / 3) + (i % 3)]! - value));
          expect(Math.max(...differences)).toBeLessThan(2);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it("leaves a frame as it is when nothing moves", () => {
    const data = picture(16, 16);
    const pyramid = new Pyramid();
    pyramid.load({ data, width: 16, height: 16 });
    const crop = new Uint32Array(256);
    warp(pyramid, [1, 0, 0, 0, 1, 0], crop, 16, 16);
    expect(new Uint8ClampedArray(crop.buffer)).toEqual(data);
  });

  it("halves until a warp shrinks by at most 2", () => {
    const pyramid = new Pyramid();
    pyramid.load({ data: new Uint8ClampedArray(4 * 64 * 64).fill(90), width: 64, height: 64 });
    const crop = new Uint32Array(25);
    warp(pyramid, [1 / 12, 0, 0, 0, 1 / 12, 0], crop, 5, 5);
    expect(crop[0]).toBe(0xff5a5a5a);
    expect(pyramid.level(3).width).toBe(8);
  });

  it("refuses a matrix that cannot be inverted", () => {
    const pyramid = new Pyramid();
    pyramid.load({ data: picture(4, 4), width: 4, height: 4 });
    expect(() => {
      warp(pyramid, [0, 0, 1, 0, 0, 1], new Uint32Array(4), 2, 2);
    }).toThrow(RangeError);
  });
});

describe("halve", () => {
  it("rounds means to nearest, a half upwards, and completes with black", () => {
    const words = new Uint32Array(new Uint8Array([1, 10, 255, 0, 2, 20, 255, 0, 9, 9, 9, 9, 3, 30, 255, 0, 4, 40, 255, 0, 9, 9, 9, 9]).buffer);
    const half = halve({ words, width: 3, height: 2 }, new Uint32Array(2));
    expect([half.width, half.height]).toEqual([2, 1]);
    expect(Array.from(new Uint8Array(half.words.buffer))).toEqual([3, 25, 255, 0, 5, 5, 5, 5]);
  });
});
