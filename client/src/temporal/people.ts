/** The people of a stream: tracks, smoothed geometry, smoothed emotions and calm labels, in one state. */
import type { Manifest } from "../generated/manifest.js";
import type { Box, Emotion, Face, Mode, Person } from "../records.js";
import { argmax, bestTerms, calmTerm, rulesOf, switchOf, UNSURE, wanted, type Switch } from "./labels.js";
import { Average, logOf, OneEuroFilter, softmax } from "./smoothing.js";
import { sizeOf, Tracker, type Appearance } from "./tracks.js";

/**
 * Everything that a stream remembers about the faces in it.
 *
 * For each frame: `see` its faces, `judge` those that were classified, then read `people`. Answers may come late, less
 * often than frames, and from the device and the server in turn: the state carries over. Times in seconds.
 */
export class People {
  private readonly tracker: Tracker;
  private readonly known = new Map<number, Memory>();
  private inView: readonly number[] = [];
  private time = 0;

  /**
   * @param amount of smoothing: 0 none, 1 as the manifest says, 2 twice as slow
   * @param firstId the id of the first face; none is given twice in a session
   */
  constructor(
    private readonly manifest: Manifest,
    private amount = 1,
    firstId = 1,
  ) {
    this.tracker = new Tracker(manifest.tracking, firstId);
  }

  /** The id that the next new face will get. */
  get nextId(): number {
    return this.tracker.next;
  }

  /** Smooths by another amount: everybody keeps their id, and smoothing starts anew with the next frame. */
  retune(amount: number): void {
    this.amount = amount;
    this.known.clear();
  }

  /** The ids of the faces of the next frame, in their order; see `Tracker.update`. */
  see(faces: readonly Face[], time: number, appearances: readonly Appearance[] | null = null): readonly number[] {
    const boxes = faces.map((face) => boxOf(face.landmarks));
    const ids = this.tracker.update(boxes, time, appearances);
    const remembered = this.tracker.ids;
    for (const id of this.known.keys()) {
      if (!remembered.has(id)) {
        this.known.delete(id);
      }
    }
    ids.forEach((id, i) => {
      const memory = this.known.get(id) ?? new Memory(this.manifest, this.amount);
      this.known.set(id, memory);
      memory.see(faces[i]!, boxes[i]!, time);
    });
    this.inView = ids;
    this.time = time;
    return ids;
  }

  /**
   * Takes what a crop of a face reads as; an answer for a face that is gone is dropped.
   *
   * @param emotion not smoothed
   * @param time when the answer came, on the clock of the frames
   * @param source who answered
   */
  judge(id: number, emotion: Emotion, time: number, source: Mode): void {
    this.known.get(id)?.judge(emotion, time, source);
  }

  /**
   * The people in view who were judged at least once, by id. To be read once a frame, after its answers: labels change
   * by the time of the frame.
   */
  people(): Person[] {
    return [...this.inView]
      .sort((a, b) => a - b)
      .map((id) => this.known.get(id)?.person(id, this.time) ?? null)
      .filter((person) => person !== null);
  }
}

/** The tight box of all landmarks. */
export function boxOf(landmarks: ArrayLike<number>): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < landmarks.length; i += 3) {
    left = Math.min(left, landmarks[i]!);
    right = Math.max(right, landmarks[i]!);
    top = Math.min(top, landmarks[i + 1]!);
    bottom = Math.max(bottom, landmarks[i + 1]!);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** What is remembered of one person. */
class Memory {
  private readonly geometry: OneEuroFilter;
  private readonly primary: Average;
  private readonly terms: Average;
  private readonly gate: Average;
  private readonly affect: Average;
  private readonly label: Switch<string>;
  private term: { readonly primary: string; readonly shown: Switch<number> } | null = null;
  private derived = true;
  private source: Mode = "device";
  private face: Face | null = null;

  constructor(
    private readonly manifest: Manifest,
    private readonly amount: number,
  ) {
    const { smoothing } = manifest;
    const timeConstant = smoothing.logits_time_constant_s * amount;
    this.geometry = new OneEuroFilter(smoothing.geometry, amount);
    this.primary = new Average(timeConstant);
    this.terms = new Average(timeConstant);
    this.gate = new Average(timeConstant);
    this.affect = new Average(timeConstant);
    this.label = switchOf(smoothing, amount);
  }

  /** Takes the face of a frame. */
  see(face: Face, box: Box, time: number): void {
    const values = this.geometry.step(face.landmarks, Math.max(1, sizeOf(box)), time);
    this.face = { landmarks: Float32Array.from(values), score: face.score };
  }

  /** Takes an answer. */
  judge(emotion: Emotion, time: number, source: Mode): void {
    const floor = this.manifest.smoothing.probability_floor;
    this.primary.add(logOf(emotion.primary, floor), time);
    this.affect.add(Float64Array.of(emotion.valence, emotion.arousal), time);
    if (emotion.terms !== null) {
      this.terms.add(logOf(emotion.terms, floor), time);
    }
    if (emotion.neutralGate !== null) {
      this.gate.add(logOf([emotion.neutralGate, 1 - emotion.neutralGate], floor), time);
    }
    this.derived = emotion.derivedAffect;
    this.source = source;
  }

  /** What is shown of this person at a time; null: not judged yet. */
  person(id: number, time: number): Person | null {
    const probabilities = chances(this.primary);
    const affect = this.affect.value;
    if (probabilities === null || affect === null || this.face === null) {
      return null;
    }
    const rules = rulesOf(this.manifest, this.source, this.amount);
    const gate = chances(this.gate)?.[0] ?? null;
    const shown = this.label.step(wanted(this.label.shown, probabilities, gate, rules), time);
    const unsure = shown === UNSURE;
    const name = unsure ? rules.classes[argmax(probabilities)]! : shown;
    // The gate's neutral is no class of the bundle: its confidence is the gate's.
    const confidence = probabilities[rules.classes.indexOf(name)] ?? gate ?? 0;
    return {
      id,
      ...this.shape(this.face),
      shown,
      primary: { id: name, confidence, unsure },
      probabilities,
      specific: this.specific(shown, time),
      valence: affect[0]!,
      arousal: affect[1]!,
      derivedAffect: this.derived,
      source: this.source,
    };
  }

  private shape({ landmarks, score }: Face): Pick<Person, "box" | "outline" | "rightEye" | "leftEye" | "lips" | "score"> {
    const { mesh } = this.manifest;
    return {
      box: boxOf(landmarks),
      outline: polygon(landmarks, mesh.outline),
      rightEye: polygon(landmarks, mesh.right_eye),
      leftEye: polygon(landmarks, mesh.left_eye),
      lips: polygon(landmarks, mesh.lips),
      score,
    };
  }

  /** The best term within what is shown. */
  private specific(shown: string, time: number): Person["specific"] {
    const { smoothing, taxonomy } = this.manifest;
    const fresh = time - this.terms.time <= smoothing.terms_expire_s;
    const terms = fresh ? chances(this.terms) : null;
    const within = taxonomy.terms.flatMap((term, i) => (term.primary === shown ? [i] : []));
    if (terms === null || within.length === 0) {
      this.term = null;
      return null;
    }
    if (this.term?.primary !== shown) {
      this.term = { primary: shown, shown: switchOf(smoothing, this.amount) };
    }
    const choice = this.term.shown;
    const term = choice.step(calmTerm(choice.shown, within, terms, smoothing.term_ratio)!, time);
    const guess = (i: number): { id: string; confidence: number } => ({ id: taxonomy.terms[i]!.id, confidence: terms[i]! });
    return { ...guess(term), top: bestTerms(within, terms).map(guess) };
  }
}

/** Probabilities from averaged logarithms. */
function chances(average: Average): Float32Array | null {
  return average.value === null ? null : Float32Array.from(softmax(average.value));
}

/** Points of a polygon, packed x, y. */
function polygon(landmarks: Float32Array, indices: readonly number[]): Float32Array {
  const points = new Float32Array(2 * indices.length);
  indices.forEach((index, i) => {
    points[2 * i] = landmarks[3 * index]!;
    points[2 * i + 1] = landmarks[3 * index + 1]!;
  });
  return points;
}
