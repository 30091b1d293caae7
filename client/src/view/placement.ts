/**
 * Where labels stand: above the head where that is free, else as near as possible, never outside the frame and
 * never over another label. Pure and deterministic; remembers the last places so that labels keep still.
 */
import { grow, nearest, overlap, type Point, type Rect, type Size } from "./geometry.js";

/** A head that wants a label. Sizes from the fullest form to the smallest, in stage pixels. */
export interface Wish {
  readonly id: number;
  readonly face: Rect;
  readonly sizes: readonly Size[];
}

export interface Placed {
  readonly id: number;
  readonly rect: Rect;
  readonly form: number; // index into the wish's sizes
  readonly leader: readonly [Point, Point] | null; // from the label to the head, where the label had to move aside
}

/** Places by id relative to the middle of the head's upper edge, to keep labels still. */
export type Memory = ReadonlyMap<number, Point>;

export interface Placement {
  readonly labels: readonly Placed[]; // one per wish that found room, in the order of the wishes
  readonly memory: Memory;
}

const EPSILON = 1e-6; // touching at exactly the gap is allowed
const COVER_COST = 1.5; // of hiding faces: in label heights for a label wholly over a face
const STAY_BONUS = 0.75; // a kept place may be worse than the best by this many label heights
const ASIDE = 0.6; // a label further from its head than this many label heights gets a leader line

/**
 * Places a label per wish, first wish first; a form that does not fit for all is given up for the next smaller.
 *
 * @param gap between two labels, and between a label and its head, in stage pixels
 */
export function placeLabels(wishes: readonly Wish[], frame: Size, memory: Memory, gap = 4): Placement {
  const forms = Math.max(0, ...wishes.map((wish) => wish.sizes.length));
  let labels: readonly Placed[] = [];
  for (let form = 0; form < forms; form++) {
    labels = attempt(wishes, { frame, faces: wishes.map((wish) => wish.face), gap }, memory, form);
    if (labels.length === wishes.length) break;
  }
  return { labels, memory: remember(wishes, labels) };
}

interface Scene {
  readonly frame: Size;
  readonly faces: readonly Rect[];
  readonly gap: number;
}

function attempt(wishes: readonly Wish[], scene: Scene, memory: Memory, form: number): Placed[] {
  const placed: Placed[] = [];
  for (const wish of wishes) {
    const which = Math.min(form, wish.sizes.length - 1);
    const size = wish.sizes[which];
    if (size === undefined) continue;
    const taken = placed.map((label) => label.rect);
    const rect = place(wish.face, size, scene, taken, memory.get(wish.id));
    if (rect !== null) placed.push({ id: wish.id, rect, form: which, leader: leader(rect, wish.face, scene.gap) });
  }
  return placed;
}

function place(face: Rect, size: Size, scene: Scene, taken: readonly Rect[], kept: Point | undefined): Rect | null {
  const { frame, faces, gap } = scene;
  const head = headOf(face);
  const ideal = { x: head.x - size.width / 2, y: head.y - size.height - gap };
  const last = kept === undefined ? null : { x: head.x + kept.x - size.width / 2, y: head.y + kept.y, ...size };
  const free = (rect: Rect): boolean =>
    isInside(rect, frame) && taken.every((other) => overlap(grow(rect, gap - EPSILON), other) === 0);
  let best: Rect | null = null;
  let lowest = Infinity;
  for (const candidate of candidates(ideal, face, size, scene, taken)) {
    const cost = costOf(candidate, ideal, faces);
    if (cost < lowest && free(candidate)) [best, lowest] = [candidate, cost];
  }
  if (last === null || best === null) return best;
  const still = clamp(last, frame);
  return free(still) && costOf(still, ideal, faces) <= lowest + STAY_BONUS * size.height ? still : best;
}

/** Every place that can be the best: the wish itself, and flush with the frame, the head or labels already there. */
function candidates(ideal: Point, face: Rect, size: Size, { frame, gap }: Scene, taken: readonly Rect[]): Rect[] {
  const right = frame.width - size.width;
  const bottom = frame.height - size.height;
  const clampX = (x: number): number => Math.min(Math.max(x, 0), right);
  const clampY = (y: number): number => Math.min(Math.max(y, 0), bottom);
  const xs = [clampX(ideal.x), 0, right, clampX(face.x - size.width - gap), clampX(face.x + face.width + gap)];
  const ys = [clampY(ideal.y), 0, bottom, clampY(face.y + face.height + gap)];
  for (const rect of taken) {
    xs.push(rect.x - size.width - gap, rect.x + rect.width + gap);
    ys.push(rect.y - size.height - gap, rect.y + rect.height + gap);
  }
  return ys.flatMap((y) => xs.map((x) => ({ x, y, ...size })));
}

/** Distance from the ideal place plus the share of the label that hides faces, both in label heights. */
function costOf(rect: Rect, ideal: Point, faces: readonly Rect[]): number {
  const distance = Math.hypot(rect.x - ideal.x, rect.y - ideal.y);
  const covered = faces.reduce((sum, face) => sum + overlap(rect, face), 0) / (rect.width * rect.height);
  return distance + COVER_COST * covered * rect.height;
}

function leader(rect: Rect, face: Rect, gap: number): readonly [Point, Point] | null {
  const head = headOf(face);
  const from = nearest(rect, head);
  const far = Math.hypot(head.x - from.x, head.y - from.y) > gap + ASIDE * rect.height;
  const inFace = overlap(rect, face) > 0;
  return far && !inFace ? [from, nearest(face, { x: head.x, y: face.y + face.height * 0.06 })] : null;
}

function remember(wishes: readonly Wish[], labels: readonly Placed[]): Memory {
  const heads = new Map(wishes.map((wish) => [wish.id, headOf(wish.face)]));
  return new Map(
    labels.map(({ id, rect }) => {
      const head = heads.get(id) ?? { x: 0, y: 0 };
      return [id, { x: rect.x + rect.width / 2 - head.x, y: rect.y - head.y }];
    }),
  );
}

function headOf(face: Rect): Point {
  return { x: face.x + face.width / 2, y: face.y };
}

function isInside(rect: Rect, frame: Size): boolean {
  return rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= frame.width && rect.y + rect.height <= frame.height;
}

function clamp(rect: Rect, frame: Size): Rect {
  return {
    ...rect,
    x: Math.min(Math.max(rect.x, 0), Math.max(0, frame.width - rect.width)),
    y: Math.min(Math.max(rect.y, 0), Math.max(0, frame.height - rect.height)),
  };
}
