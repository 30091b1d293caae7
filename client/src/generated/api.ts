/* Generated from api.schema.json by scripts/types.mjs: do not edit. */

/**
 * What a picture shows.
 */
export interface Analysis {
  /**
   * name@version
   */
  readonly bundle: string;
  /**
   * Pixels, after EXIF rotation.
   */
  readonly width: number;
  /**
   * Pixels, after EXIF rotation.
   */
  readonly height: number;
  /**
   * Milliseconds of each stage.
   */
  readonly timing_ms: {
    readonly [k: string]: number | undefined;
  };
  /**
   * frames: largest first; faces: in the order of the crops.
   */
  readonly faces: readonly Face[];
}
/**
 * One face. Pixels are those of the picture after EXIF rotation.
 */
export interface Face {
  /**
   * x, y, width, height in pixels; missing for crops.
   */
  readonly box?: readonly [number, number, number, number] | null;
  /**
   * How sure it is that a face is there; missing for crops.
   */
  readonly score?: number | null;
  /**
   * Polygon of the face's edge; missing for crops.
   */
  readonly outline?: readonly (readonly [number, number])[] | null;
  readonly primary: Primary;
  /**
   * null: neutral, unsure, or a bundle without terms.
   */
  readonly specific: Specific | null;
  /**
   * Probability of neutral by the bundle's neutral gate, where it has one.
   */
  readonly neutral_gate: number | null;
  /**
   * With scores=all, where `specific` is null: the probability of each term all the same, so that a client can smooth over moments without a term.
   */
  readonly terms?: readonly number[] | null;
  readonly valence: number;
  readonly arousal: number;
  /**
   * Valence and arousal follow from the primary's probabilities.
   */
  readonly derived_affect: boolean;
}
/**
 * The primary emotion.
 */
export interface Primary {
  /**
   * The most probable class, also where unsure; the neutral gate's class where that says neutral.
   */
  readonly id: string;
  readonly confidence: number;
  /**
   * The model abstains: its confidence is below the manifest's threshold.
   */
  readonly unsure: boolean;
  /**
   * Every class of the manifest.
   */
  readonly probabilities: {
    readonly [k: string]: number | undefined;
  };
}
/**
 * The specific emotion: the best terms within the primary.
 */
export interface Specific {
  readonly id: string;
  readonly confidence: number;
  /**
   * Best first.
   *
   * @minItems 1
   * @maxItems 5
   */
  readonly top: readonly Guess[];
  /**
   * With scores=all: the probability of each term, in the order of the manifest's terms.
   */
  readonly probabilities?: readonly number[] | null;
}
/**
 * A term with its probability among all terms.
 */
export interface Guess {
  readonly id: string;
  readonly confidence: number;
}
/**
 * One field that does not fit.
 */
export interface FieldProblem {
  readonly where: string;
  readonly problem: string;
}
/**
 * A probe's answer.
 */
export interface Health {
  readonly status: "ok" | "unavailable";
  /**
   * Each part that is needed.
   */
  readonly checks?: {
    readonly [k: string]: boolean | undefined;
  };
}
/**
 * RFC 9457. `type` is stable; `detail` says what happened and what to do.
 */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /**
   * Also in the header X-Request-Id and in the server's log.
   */
  readonly request_id: string;
  readonly errors?: readonly FieldProblem[] | null;
}
/**
 * How much an answer holds.
 */
export interface ScoresQuery {
  /**
   * all: the probabilities of every term too, in the order of the manifest's terms.
   */
  readonly scores?: "top" | "all";
}
