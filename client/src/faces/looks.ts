/** Which views the detector looks at in a frame: what its share of the time allows, where something changed first. */
import type { Box } from "../records.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { areaOf } from "./boxes.js";
import { Changes } from "./changes.js";

const DETECTOR_SHARE = 0.4; // of the time, at most; the view of the whole frame has the first claim
const TURN_SHARE = 0.15; // of the time, for the whole frame and the views in turn; the rest is kept for what changed
const LEAST_OTHERS = 1; // of the other views a second, however slow the machine
const FIRST_LOOKS = 3; // in one frame, at views that were never looked at
const MOST_NEWS = 6; // looks that are saved up for changes: one small face may show in four squares and the wide view
const RESERVE = 3; // of them, for changes away from people who are followed, so that their moving does not use up all

/**
 * The looks of one stream.
 *
 * Each view is looked at once every `every` seconds, in turn. Where that would take more than TURN_SHARE of the time,
 * the whole frame still is; the other views, which find small faces, take turns in what is left of it, and what is left
 * of the detector's share is saved for views whose picture changed: they are looked at in the frame that shows the
 * change. What is needed to see everything once, at the start, comes on top.
 */
export class Looks {
  private turn: number[]; // indices of the views after the first, the one that waited longest first
  private whole = 1; // looks at the whole frame that are due; the first result shall come soon, smaller faces follow
  private round = 0; // looks at other views, in turn
  private news = MOST_NEWS; // looks at views that changed
  private readonly unseen: Set<number>; // views that were never looked at
  private saving = false; // whether looks are saved for changes
  private readonly changes: Changes;

  /**
   * @param views the whole frame first
   * @param every seconds
   */
  constructor(
    readonly views: readonly Box[],
    private readonly every: number,
  ) {
    this.turn = views.slice(1).map((_, index) => index + 1);
    this.unseen = new Set(this.turn);
    this.changes = new Changes(views);
  }

  /**
   * Gains looks for time gone by.
   *
   * @param elapsed seconds
   * @param cost seconds that one look takes; 0: not known yet
   */
  earn(elapsed: number, cost: number): void {
    const others = this.turn.length;
    const most = cost > 0 ? DETECTOR_SHARE / cost : Number.POSITIVE_INFINITY;
    const whole = Math.min(1 / this.every, most); // looks a second
    const rest = Math.max(most - whole, LEAST_OTHERS);
    const turns = cost > 0 ? TURN_SHARE / cost - whole : Number.POSITIVE_INFINITY;
    const round = Math.min(others / this.every, Math.max(turns, Math.min(rest, LEAST_OTHERS) / 2));
    const news = Math.min(others / this.every, rest) - round;
    this.saving = news > 0;
    this.whole = Math.min(1, this.whole + elapsed * whole);
    this.round = Math.min(others, this.round + elapsed * round);
    this.news = Math.min(MOST_NEWS, this.news + elapsed * news);
  }

  /**
   * The views to look at in this frame: those whose turn it is, those that changed, and those where faces were lost.
   *
   * @param lost boxes of faces that were lost or are doubtful
   * @param followed boxes of the faces that were not
   */
  due(frame: Pyramid, lost: readonly Box[], followed: readonly Box[]): Box[] {
    const chosen = new Set(this.spendTurns());
    if (this.saving) {
      [...this.unseen].slice(0, FIRST_LOOKS).forEach((index) => chosen.add(index));
      this.changes.load(frame);
      const others = this.turn.filter((index) => !chosen.has(index) && !this.unseen.has(index));
      if (this.news >= 1) {
        this.spendNews(others, followed).forEach((index) => chosen.add(index));
      }
    }
    for (const box of lost) {
      chosen.add(closestView(box, this.views));
    }
    if (this.saving) {
      this.changes.looked([...chosen]);
    }
    chosen.forEach((index) => this.unseen.delete(index));
    this.turn = [...this.turn.filter((index) => !chosen.has(index)), ...[...chosen].filter((index) => index > 0)];
    return [...chosen].map((index) => this.views[index]!);
  }

  private spendTurns(): number[] {
    const count = Math.floor(this.round);
    this.round -= count;
    const first = this.whole >= 1 ? [0] : [];
    this.whole -= first.length;
    return [...first, ...this.turn.slice(0, count)];
  }

  private spendNews(others: readonly number[], followed: readonly Box[]): number[] {
    const { elsewhere, around } = this.changes.among(others, followed);
    const now = elsewhere.slice(0, Math.floor(this.news));
    now.push(...around.slice(0, Math.max(0, Math.floor(this.news - now.length - RESERVE))));
    this.news -= now.length;
    return now;
  }
}

/** The index of the smallest view that holds a box with room around; else of the wide one (the largest). */
export function closestView(box: Box, views: readonly Box[]): number {
  const room = 0.5 * Math.max(box.width, box.height);
  const holds = (view: Box): boolean =>
    view.x <= box.x - room &&
    view.y <= box.y - room &&
    view.x + view.width >= box.x + box.width + room &&
    view.y + view.height >= box.y + box.height + room;
  const areas = views.map((view) => (holds(view) ? areaOf(view) : Number.POSITIVE_INFINITY));
  const smallest = Math.min(...areas);
  if (smallest < Number.POSITIVE_INFINITY) {
    return areas.indexOf(smallest);
  }
  const all = views.map(areaOf);
  return all.indexOf(Math.max(...all));
}
