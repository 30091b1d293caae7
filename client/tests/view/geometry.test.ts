import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bounds, contain, inside, project, projectBox, projectPoints, signedArea } from "../../src/view/geometry.js";

const size = fc.record({ width: fc.integer({ min: 1, max: 4000 }), height: fc.integer({ min: 1, max: 4000 }) });

describe("contain", () => {
  it("fills one direction, never leaves the area and keeps the shape", () => {
    fc.assert(
      fc.property(size, size, (picture, area) => {
        const rect = contain(picture, area);
        expect(rect.width <= area.width && rect.height <= area.height).toBe(true);
        expect(rect.width === area.width || rect.height === area.height).toBe(true);
        const scale = Math.min(area.width / picture.width, area.height / picture.height);
        expect(Math.abs(rect.width - Math.max(1, picture.width * scale))).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it("centres a wide picture in a tall area", () => {
    expect(contain({ width: 1280, height: 720 }, { width: 360, height: 640 })).toEqual({ x: 0, y: 218, width: 360, height: 203 });
  });
});

describe("project", () => {
  const frame = { width: 1280, height: 720 };
  const stage = { width: 640, height: 360 };

  it("scales points", () => {
    expect([...projectPoints(Float32Array.of(100, 200), project(frame, stage, false))]).toEqual([50, 100]);
  });

  it("reflects points where the picture is mirrored, and turns the winding round", () => {
    const triangle = Float32Array.of(0, 0, 100, 0, 0, 100);
    const mirrored = projectPoints(triangle, project(frame, stage, true));
    expect([...mirrored]).toEqual([640, 0, 590, 0, 640, 50]);
    expect(Math.sign(signedArea(mirrored))).toBe(-Math.sign(signedArea(triangle)));
  });

  it("keeps boxes upright", () => {
    const box = projectBox({ x: 100, y: 100, width: 200, height: 50 }, project(frame, stage, true));
    expect(box).toEqual({ x: 490, y: 50, width: 100, height: 25 });
  });
});

describe("polygons", () => {
  const square = Float32Array.of(10, 20, 30, 20, 30, 60, 10, 60);

  it("have bounds", () => {
    expect(bounds(square)).toEqual({ x: 10, y: 20, width: 20, height: 40 });
    expect(bounds(new Float32Array())).toEqual({ x: 0, y: 0, width: 0, height: 0 });
  });

  it("know what lies inside", () => {
    expect(inside(square, { x: 20, y: 40 })).toBe(true);
    expect(inside(square, { x: 31, y: 40 })).toBe(false);
  });
});
