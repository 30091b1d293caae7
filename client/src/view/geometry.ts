/**
 * Where the picture lies on the stage and where its points go: pure, in stage pixels (y down).
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The largest rectangle of the picture's shape inside the area, centred; whole pixels, at least 1 x 1. */
export function contain(picture: Size, area: Size): Rect {
  const scale = Math.min(area.width / picture.width, area.height / picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  return { x: Math.floor((area.width - width) / 2), y: Math.floor((area.height - height) / 2), width, height };
}

/** From pixels of the frame to pixels of the stage: one scale, and a reflection where the picture is mirrored. */
export interface Projection {
  readonly scaleX: number; // negative: mirrored
  readonly scaleY: number;
  readonly offsetX: number;
}

/** The projection of a frame that fills the stage. */
export function project(frame: Size, stage: Size, mirror: boolean): Projection {
  const scaleX = stage.width / frame.width;
  return {
    scaleX: mirror ? -scaleX : scaleX,
    scaleY: stage.height / frame.height,
    offsetX: mirror ? stage.width : 0,
  };
}

/** Packed points [x0, y0, ...] of the frame, as packed points of the stage. */
export function projectPoints(points: Float32Array, by: Projection): Float32Array {
  const out = new Float32Array(points.length);
  for (let i = 0; i + 1 < points.length; i += 2) {
    out[i] = points[i]! * by.scaleX + by.offsetX;
    out[i + 1] = points[i + 1]! * by.scaleY;
  }
  return out;
}

/** A box of the frame as a rectangle of the stage. */
export function projectBox(box: Rect, by: Projection): Rect {
  const left = box.x * by.scaleX + by.offsetX;
  const right = (box.x + box.width) * by.scaleX + by.offsetX;
  return {
    x: Math.min(left, right),
    y: box.y * by.scaleY,
    width: Math.abs(right - left),
    height: box.height * by.scaleY,
  };
}

/** The axis-aligned bounds of packed points; zero size for none. */
export function bounds(points: Float32Array): Rect {
  if (points.length < 2) return { x: 0, y: 0, width: 0, height: 0 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    top = Math.min(top, points[i + 1]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The rectangle grown by the same margin on every side. */
export function grow(rect: Rect, margin: number): Rect {
  return {
    x: rect.x - margin,
    y: rect.y - margin,
    width: rect.width + 2 * margin,
    height: rect.height + 2 * margin,
  };
}

/** The area that two rectangles share, in square pixels. */
export function overlap(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** The point of a rectangle that is nearest to a point. */
export function nearest(rect: Rect, point: Point): Point {
  return {
    x: Math.min(Math.max(point.x, rect.x), rect.x + rect.width),
    y: Math.min(Math.max(point.y, rect.y), rect.y + rect.height),
  };
}

/** The signed area of a closed polygon of packed points; its sign is the turning direction. */
export function signedArea(points: Float32Array): number {
  let sum = 0;
  const count = points.length / 2;
  for (let i = 0; i < count; i++) {
    const j = (i + 1) % count;
    sum += points[2 * i]! * points[2 * j + 1]! - points[2 * j]! * points[2 * i + 1]!;
  }
  return sum / 2;
}

/** Whether a point lies inside a closed polygon of packed points (even-odd rule). */
export function inside(points: Float32Array, point: Point): boolean {
  let within = false;
  const count = points.length / 2;
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const [xi, yi, xj, yj] = [points[2 * i]!, points[2 * i + 1]!, points[2 * j]!, points[2 * j + 1]!];
    if (yi > point.y !== yj > point.y && point.x < ((xj - xi) * (point.y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}
