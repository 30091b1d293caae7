/** Which part of a picture a square tile shows: where most of the faces are. Pure. */
import type { ScreenshotAnswer } from "../generated/api.js";

interface Span {
  readonly low: number;
  readonly high: number;
}

const MARGIN = 0.2; // of a face's side, around it: hair and chin

/**
 * `object-position` of a picture that covers a square, as two percentages: the part that shows most faces whole,
 * of several such parts the one whose middle is nearest to theirs. Without boxes the middle, a little above it.
 */
export function squarePosition(shot: Pick<ScreenshotAnswer, "width" | "height" | "faces">): string {
  const boxes = shot.faces.map((face) => face.box).filter((box) => box !== null && box !== undefined);
  const side = Math.min(shot.width, shot.height);
  const x = place(boxes.map(([left, , width]) => span(left, width)), side, shot.width, 0.5);
  const y = place(boxes.map(([, top, , height]) => span(top, height)), side, shot.height, 0.35);
  return `${x}% ${y}%`;
}

function span(start: number, length: number): Span {
  return { low: start - MARGIN * length, high: start + (1 + MARGIN) * length };
}

/** The share (percent) of the free way at which a window of `side` begins; `fallback` in [0, 1]. */
function place(spans: readonly Span[], side: number, length: number, fallback: number): number {
  const free = length - side;
  if (free <= 0) return 50;
  if (spans.length === 0) return round(fallback * 100);
  const middle = spans.reduce((sum, { low, high }) => sum + (low + high) / 2, 0) / spans.length - side / 2;
  const limit = (start: number): number => Math.max(0, Math.min(free, start));
  // Between these starts nothing changes but how much of one face is cut off.
  const starts = [middle, ...spans.flatMap(({ low, high }) => [low, (low + high - side) / 2, high - side])].map(limit);
  const best = starts.reduce((a, b) => {
    const more = worth(spans, b, side) - worth(spans, a, side);
    return more > TINY || (more > -TINY && Math.abs(b - middle) < Math.abs(a - middle)) ? b : a;
  });
  return round((100 * best) / free);
}

const TINY = 1e-6;

/** How well the faces are seen in the window: large ones count more, cut ones much less. */
function worth(spans: readonly Span[], start: number, side: number): number {
  return spans.reduce((sum, { low, high }) => {
    const seen = Math.max(0, Math.min(high, start + side) - Math.max(low, start)) / (high - low);
    return sum + (high - low) * seen ** 4;
  }, 0);
}

function round(percent: number): number {
  return Math.round(percent * 10) / 10;
}
