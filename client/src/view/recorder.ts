/**
 * Records the session for export: one row per face and frame, in packed blocks of bounded number.
 *
 * A row costs about 100 bytes, so that the largest record, 200,000 rows, stays below 25 MB; the oldest rows go first.
 */
import type { Person } from "../records.js";
import { csvLine, type Cell } from "./csv.js";

/** A frame's result, as the recorder needs it. */
export interface RecordedFrame {
  readonly index: number;
  readonly t: number; // seconds since the start of the source
  readonly clock: number; // ms since 1970, UTC
  readonly source: string; // "camera" or the file's name
  readonly people: readonly Person[];
}

const BLOCK_ROWS = 4096;
const NUMBERS = 14; // frame, face, box (4), score, primary, confidence, unsure, term, its confidence, valence, arousal
const BEFORE_CLASSES = [
  "time", "t", "frame", "source", "face", "box_x", "box_y", "box_w", "box_h", "score",
  "primary", "primary_confidence", "unsure", "specific", "specific_confidence", "valence", "arousal",
] as const;

interface Block {
  readonly times: Float64Array; // clock and t of each row
  readonly numbers: Float32Array;
  readonly events: Map<number, string>; // by row
  readonly sources: Map<number, string>; // from this row on
  rows: number;
}

export class Recorder {
  #blocks: Block[] = [];
  #pending: string[] = [];
  #dropped = 0;
  #lastFrame: Omit<RecordedFrame, "people"> | null = null;
  readonly #terms: string[] = [];
  readonly #termNumbers = new Map<string, number>();

  /**
   * @param classes ids of the primaries, in the manifest's order
   * @param maxRows rows that are kept, rounded up to whole blocks
   */
  constructor(
    private readonly classes: readonly string[],
    private readonly maxRows = 200_000,
  ) {}

  get rows(): number {
    return this.#blocks.reduce((sum, block) => sum + block.rows, 0);
  }

  /** Rows that had to go. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Marks an event: it stands in the rows of the next frame. */
  mark(event: string): void {
    this.#pending.push(event);
  }

  /** Adds a frame. An event in a frame without faces gets a row of its own. */
  record(frame: RecordedFrame): void {
    const event = this.#pending.join("; ");
    this.#pending = [];
    this.#lastFrame = frame;
    for (const person of frame.people) this.#add(frame, person, event);
    if (frame.people.length === 0 && event !== "") this.#add(frame, null, event);
  }

  /** The header and all rows, as lines of CSV. */
  *lines(): Generator<string> {
    yield csvLine([...BEFORE_CLASSES, ...this.classes.map((id) => `p_${id}`), "event"]);
    for (const block of this.#blocks) {
      let source = "";
      for (let row = 0; row < block.rows; row++) {
        source = block.sources.get(row) ?? source;
        yield csvLine(this.#cells(block, row, source));
      }
    }
    if (this.#pending.length > 0 && this.#lastFrame !== null) {
      const { clock, t, index, source } = this.#lastFrame;
      yield csvLine(this.#eventCells(clock, t, index, source, this.#pending.join("; ")));
    }
  }

  #add(frame: RecordedFrame, person: Person | null, event: string): void {
    const block = this.#room(frame.source);
    const row = block.rows++;
    block.times.set([frame.clock, frame.t], 2 * row);
    if (event !== "") block.events.set(row, event);
    if (this.#sourceOf(block, row) !== frame.source) block.sources.set(row, frame.source);
    const width = NUMBERS + this.classes.length;
    block.numbers.set([frame.index, person?.id ?? 0], row * width);
    if (person === null) return;
    const { box, primary, specific } = person;
    block.numbers.set(
      [
        box.x, box.y, box.width, box.height, person.score, this.classes.indexOf(primary.id), primary.confidence,
        Number(primary.unsure), specific === null ? -1 : this.#term(specific.id), specific?.confidence ?? 0,
        person.valence, person.arousal, ...person.probabilities,
      ],
      row * width + 2,
    );
  }

  #room(source: string): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.rows < BLOCK_ROWS) return last;
    if (this.#blocks.length * BLOCK_ROWS >= this.maxRows) this.#dropped += this.#blocks.shift()?.rows ?? 0;
    const block: Block = {
      times: new Float64Array(2 * BLOCK_ROWS),
      numbers: new Float32Array(BLOCK_ROWS * (NUMBERS + this.classes.length)),
      events: new Map(),
      sources: new Map([[0, source]]),
      rows: 0,
    };
    this.#blocks.push(block);
    return block;
  }

  #sourceOf(block: Block, row: number): string | undefined {
    let found: string | undefined;
    for (const [from, source] of block.sources) if (from <= row) found = source;
    return found;
  }

  #term(id: string): number {
    let number = this.#termNumbers.get(id);
    if (number === undefined) {
      number = this.#terms.push(id) - 1;
      this.#termNumbers.set(id, number);
    }
    return number;
  }

  #cells(block: Block, row: number, source: string): Cell[] {
    const width = NUMBERS + this.classes.length;
    const [clock, t] = [block.times[2 * row]!, block.times[2 * row + 1]!];
    const n = block.numbers.subarray(row * width, (row + 1) * width);
    const event = block.events.get(row) ?? "";
    if (n[1] === 0) return this.#eventCells(clock, t, n[0]!, source, event);
    const term = this.#terms[n[10]!];
    return [
      iso(clock), round(t, 3), n[0]!, source, n[1]!, ...[n[2]!, n[3]!, n[4]!, n[5]!].map((side) => round(side, 1)),
      round(n[6]!), this.classes[n[7]!] ?? "", round(n[8]!), n[9] === 1, term ?? null,
      term === undefined ? null : round(n[11]!), round(n[12]!), round(n[13]!),
      ...Array.from(n.subarray(NUMBERS), (p) => round(p)), event,
    ];
  }

  #eventCells(clock: number, t: number, frame: number, source: string, event: string): Cell[] {
    const empty = new Array<null>(BEFORE_CLASSES.length - 4 + this.classes.length).fill(null);
    return [iso(clock), round(t, 3), frame, source, ...empty, event];
  }
}

function iso(clock: number): string {
  return new Date(clock).toISOString();
}

function round(value: number, digits = 4): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
