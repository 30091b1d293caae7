/** Where the picture changed since the detector last looked: cells of a small grey copy of the frame. */
import type { Box } from "../records.js";
import type { Level, Pyramid } from "../sampling/pyramid.js";

const MOST_CELLS = 72; // along the shorter side: the frame is halved until it has no more, and each pixel is a cell
const STEP = 8; // of 255: a smaller difference is the camera's noise
const LEAST_CELLS = 3;
const SMALL_HEAD = 0.005; // of a view's cells: half of the smallest head that is looked for in a square
const LARGE_HEAD = 0.1; // the same in a view that reaches beyond the frame, which is for heads that fill it

/** Views whose picture changed. */
export interface Changed {
  readonly elsewhere: readonly number[]; // or that were never looked at
  readonly around: readonly number[]; // only where somebody is followed: most likely that body moved
}

/** What is new in each of some views since they were last looked at. */
export class Changes {
  private readonly seen = new Map<number, Uint8Array>(); // by view: the cells of the frame as they were then
  private cells = new Uint8Array();
  private across = 0;
  private down = 0;
  private side = 1; // of a cell, pixels of the frame

  /** @param views parts of the frame */
  constructor(private readonly views: readonly Box[]) {}

  /** Takes the next frame. */
  load(frame: Pyramid): void {
    let level: Level = frame.level(0);
    for (this.side = 1; Math.min(level.width, level.height) > MOST_CELLS; this.side *= 2) {
      level = frame.level(Math.log2(this.side) + 1);
    }
    this.across = level.width;
    this.down = level.height;
    this.cells = Uint8Array.from(level.words, (word) => ((word & 0xff) + ((word >>> 7) & 0x1fe) + ((word >>> 16) & 0xff)) >> 2);
  }

  /**
   * Those of some views that changed, in their order.
   *
   * @param followed boxes of faces
   */
  among(views: readonly number[], followed: readonly Box[]): Changed {
    const bodies = new Uint8Array(this.cells.length);
    for (const { x, y, width, height } of followed) {
      const body = { x: x - width, y: y - height, width: 3 * width, height: 6 * height };
      this.rows(body, (from, to) => bodies.fill(1, from, to));
    }
    const elsewhere = views.filter((view) => this.changed(view, bodies));
    const around = views.filter((view) => !elsewhere.includes(view) && this.changed(view, null));
    return { elsewhere, around };
  }

  /** The detector looks at these views of this frame. */
  looked(views: readonly number[]): void {
    for (const view of views) {
      this.seen.set(view, this.cells);
    }
  }

  /** @param apart cells that do not count */
  private changed(index: number, apart: Uint8Array | null): boolean {
    const view = this.views[index]!;
    const before = this.seen.get(index);
    if (before?.length !== this.cells.length) {
      return true;
    }
    let all = 0, other = 0;
    this.rows(view, (from, to) => {
      all += to - from;
      for (let at = from; at < to; at++) {
        if (apart?.[at] !== 1 && Math.abs(this.cells[at]! - before[at]!) > STEP) {
          other++;
        }
      }
    });
    const head = view.x < 0 || view.y < 0 ? LARGE_HEAD : SMALL_HEAD;
    return other >= Math.max(LEAST_CELLS, head * all);
  }

  /** Calls with the range of cells of each row of a box. */
  private rows({ x, y, width, height }: Box, visit: (from: number, to: number) => void): void {
    const left = Math.max(0, Math.floor(x / this.side));
    const right = Math.min(this.across, Math.ceil((x + width) / this.side));
    const bottom = Math.min(this.down, Math.ceil((y + height) / this.side));
    for (let row = Math.max(0, Math.floor(y / this.side)); left < right && row < bottom; row++) {
      visit(row * this.across + left, row * this.across + right);
    }
  }
}
