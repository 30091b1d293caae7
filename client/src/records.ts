/**
 * The records that travel between rooms, as in `dasa.records`.
 *
 * Coordinates are pixels of the frame: x to the right, y down, the centre of the top left pixel at (0.5, 0.5).
 * Right and left, of eyes and ears, are the person's own. Points are packed: [x0, y0, x1, y1, ...].
 */

/** RGBA pixels, row by row. */
export interface Pixels {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** An axis-aligned rectangle in pixels; may reach beyond the frame. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rotated square of the frame that a model looks at; angle in radians, clockwise on the screen. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly angle: number;
}

/** A face as the detector sees it; key points: right eye, left eye, nose tip, mouth, right ear, left ear. */
export interface Detection {
  readonly box: Box;
  readonly score: number;
  readonly keypoints: Float32Array; // 12
}

/** A face with its landmarks: x, y in pixels of the frame, z in the same scale. */
export interface Face {
  readonly landmarks: Float32Array; // 468 * 3
  readonly score: number;
}

/** What one crop reads as, after temperature and softmax, before smoothing. */
export interface Emotion {
  readonly primary: Float32Array; // P, sum 1
  readonly terms: Float32Array | null; // T, sum 1
  readonly neutralGate: number | null; // probability of neutral by the gate's model; null: no gate
  readonly valence: number; // [-1, 1]
  readonly arousal: number; // [-1, 1]
  readonly derivedAffect: boolean;
}

export type Mode = "device" | "server";

/** A specific emotion with its share of the smoothed probabilities. */
export interface Guess {
  readonly id: string;
  readonly confidence: number;
}

/** A person in view: what the page draws and lists. Structured-clonable; its buffers may be transferred. */
export interface Person {
  readonly id: number; // stable within a session, from 1, never reused
  readonly box: Box; // smoothed
  readonly outline: Float32Array; // smoothed, closed polygon of the face's edge
  readonly rightEye: Float32Array; // smoothed, closed polygon
  readonly leftEye: Float32Array;
  readonly lips: Float32Array; // inner edge of the lips
  readonly score: number; // [0, 1]
  /** What is displayed: a primary of the taxonomy, "neutral" (of the gate) or "unsure". */
  readonly shown: string;
  readonly primary: { readonly id: string; readonly confidence: number; readonly unsure: boolean };
  readonly probabilities: Float32Array; // smoothed, in the manifest's order
  readonly specific: { readonly id: string; readonly confidence: number; readonly top: readonly Guess[] } | null;
  readonly valence: number;
  readonly arousal: number;
  readonly derivedAffect: boolean;
  readonly source: Mode; // who answered last for this face
}
