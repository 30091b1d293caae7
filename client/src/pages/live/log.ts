/** What the live page remembers of its results: speed, the last minute, the record for export. */
import type { Manifest } from "../../generated/manifest.js";
import { emptyHistory, extend, mark, type History } from "../../view/history.js";
import type { Palette } from "../../view/palette.js";
import { shownConfidence, shownName } from "../../view/readout.js";
import { Recorder } from "../../view/recorder.js";
import { Speed } from "../../view/speed.js";
import { t } from "../../words/index.js";
import type { Result } from "./analysis.js";
import type { Source } from "./state.js";

export class ResultLog {
  readonly speed = new Speed();
  #history: History = emptyHistory;
  #recorder: Recorder | null = null;
  #bundle = "";
  #startClock: number | null = null; // ms since 1970 at time 0 of the source
  #marks = 0;

  get history(): History {
    return this.#history;
  }

  get recorder(): Recorder | null {
    return this.#recorder;
  }

  /** Another source begins: times start anew, the record goes on. */
  restart(): void {
    this.#history = emptyHistory;
    this.#startClock = null;
    this.speed.reset();
  }

  /** Takes in a result; `clock` in ms since 1970, `now` in ms of the page. */
  add(result: Result, source: Source, manifest: Manifest, palette: Palette, clock: number, now: number): void {
    this.speed.add(result.timing, now);
    this.#startClock ??= clock - 1000 * result.time;
    this.#history = extend(this.#history, result.time, result.people, (person) => ({
      shown: person.shown,
      name: shownName(person),
      confidence: shownConfidence(person, palette),
    }));
    this.#recorderFor(manifest).record({
      index: result.index,
      t: result.time,
      clock: this.#startClock + 1000 * result.time,
      source: source.kind === "camera" ? "camera" : source.name,
      people: result.people,
    });
  }

  /** Marks an event now; without a name it is numbered. Returns its name. */
  mark(name: string): string {
    this.#marks++;
    const label = name === "" ? t("timeline.event.default", { n: this.#marks }) : name;
    this.#history = mark(this.#history, label);
    this.#recorder?.mark(label);
    return label;
  }

  /** Rows of one bundle belong together: with other classes a new record begins. */
  #recorderFor(manifest: Manifest): Recorder {
    const bundle = `${manifest.name}@${manifest.version}`;
    if (this.#recorder === null || this.#bundle !== bundle) {
      this.#recorder = new Recorder(manifest.taxonomy.primaries.map((primary) => primary.id));
      this.#bundle = bundle;
    }
    return this.#recorder;
  }
}

/** Offers the record as a file. */
export function saveCsv(recorder: Recorder, now: Date): void {
  const url = URL.createObjectURL(new Blob([...recorder.lines()], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `dasa-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}.csv`;
  link.click();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => { URL.revokeObjectURL(url); }, 60_000);
}
