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
 * Which screenshots go into the ZIP; without ids all that the other parameters let through.
 */
export interface ArchiveQuery {
  /**
   * Only those taken then or later.
   */
  readonly from?: string | null;
  /**
   * Only those taken before.
   */
  readonly to?: string | null;
  /**
   * Ids separated by commas, at most 100.
   */
  readonly ids?: string | null;
  readonly emotion?: string | null;
}
/**
 * The old password and the new one.
 */
export interface ChangePassword {
  readonly old: string;
  readonly new: string;
}
/**
 * How many.
 */
export interface CountAnswer {
  readonly count: number;
}
/**
 * One field that does not fit.
 */
export interface FieldProblem {
  readonly where: string;
  readonly problem: string;
}
/**
 * A token that was just made.
 */
export interface FreshToken {
  readonly id: string;
  readonly label: string;
  readonly created: string;
  /**
   * Last use, to the hour.
   */
  readonly used: string | null;
  /**
   * Shown this once. Send it as `Authorization: Bearer ...`.
   */
  readonly token: string;
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
 * Some screenshots.
 */
export interface Ids {
  /**
   * @minItems 1
   * @maxItems 1000
   */
  readonly ids: readonly string[];
}
/**
 * The screenshots that are now as was asked; others are not yours, are gone, or never were.
 */
export interface IdsAnswer {
  readonly ids: readonly string[];
}
/**
 * One kept picture.
 */
export interface ImageFile {
  /**
   * Media type.
   */
  readonly type: string;
  readonly bytes: number;
}
/**
 * What this server allows.
 */
export interface Limits {
  /**
   * Largest body of a request.
   */
  readonly body_bytes: number;
  /**
   * Largest picture.
   */
  readonly pixels: number;
  /**
   * Most faces per picture.
   */
  readonly faces: number;
  /**
   * Requests of live frames; null: any number.
   */
  readonly faces_per_second: number | null;
  /**
   * Room for one owner's screenshots.
   */
  readonly quota_bytes: number;
  /**
   * How long deleted screenshots can be restored.
   */
  readonly undo_seconds: number;
  /**
   * Screenshots are erased after as many days; null: never.
   */
  readonly retention_days: number | null;
}
/**
 * What is known of a screenshot that is sent.
 */
export interface Metadata {
  /**
   * When it was taken: ISO 8601 with a time zone. A time to come counts as now.
   */
  readonly time: string;
  /**
   * name@version
   */
  readonly bundle: string;
  readonly mode: "device" | "server";
  /**
   * @maxItems 10
   */
  readonly faces: readonly ShownFace[];
}
/**
 * A face of a screenshot, as it was shown.
 */
export interface ShownFace {
  /**
   * x, y, width, height in pixels of the picture.
   */
  readonly box?: readonly [number, number, number, number] | null;
  readonly score?: number | null;
  readonly primary: ShownPrimary;
  readonly specific?: ShownSpecific | null;
  readonly valence?: number | null;
  readonly arousal?: number | null;
  /**
   * Id within the session.
   */
  readonly person?: number | null;
}
/**
 * The primary emotion as it was shown.
 */
export interface ShownPrimary {
  readonly id: string;
  readonly confidence: number;
  readonly unsure?: boolean;
}
/**
 * The specific emotion as it was shown.
 */
export interface ShownSpecific {
  readonly id: string;
  readonly confidence: number;
}
/**
 * What the token is for, in your words.
 */
export interface NewToken {
  readonly label: string;
}
/**
 * Screenshots, newest first.
 */
export interface PageAnswer {
  readonly items: readonly ScreenshotAnswer[];
  /**
   * Cursor of the next page; null: this is the last.
   */
  readonly next: string | null;
}
/**
 * A screenshot without its pixels.
 */
export interface ScreenshotAnswer {
  readonly id: string;
  /**
   * When it was taken, ISO 8601 UTC.
   */
  readonly time: string;
  /**
   * When it was kept, ISO 8601 UTC; retention counts from here.
   */
  readonly created: string;
  /**
   * Pixels.
   */
  readonly width: number;
  /**
   * Pixels.
   */
  readonly height: number;
  readonly bundle: string;
  readonly mode: "device" | "server";
  readonly faces: readonly ShownFace[];
  /**
   * masked: with mask and labels; plain: without.
   */
  readonly images: {
    readonly [k: string]: ImageFile | undefined;
  };
}
/**
 * Which screenshots.
 */
export interface PageQuery {
  /**
   * Only those taken then or later.
   */
  readonly from?: string | null;
  /**
   * Only those taken before.
   */
  readonly to?: string | null;
  /**
   * `next` of the page before.
   */
  readonly cursor?: string | null;
  readonly limit?: number;
  /**
   * Only with a face of this primary or specific emotion.
   */
  readonly emotion?: string | null;
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
 * Which deleted screenshots to show again.
 */
export interface Restore {
  /**
   * Missing: all that can still be restored.
   */
  readonly ids?: readonly string[] | null;
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
/**
 * Who you are to this server, and what it allows.
 */
export interface SessionAnswer {
  /**
   * null: not signed in.
   */
  readonly owner: string | null;
  readonly role: ("user" | "admin") | null;
  /**
   * Whether this server asks people to sign in.
   */
  readonly sign_in: boolean;
  /**
   * Whether the store of screenshots answers.
   */
  readonly store: boolean;
  readonly limits: Limits;
}
/**
 * Who wants in.
 */
export interface SignIn {
  readonly name: string;
  readonly password: string;
}
/**
 * Of which time.
 */
export interface SpanQuery {
  /**
   * Only those taken then or later.
   */
  readonly from?: string | null;
  /**
   * Only those taken before.
   */
  readonly to?: string | null;
}
/**
 * A personal access token.
 */
export interface TokenAnswer {
  readonly id: string;
  readonly label: string;
  readonly created: string;
  /**
   * Last use, to the hour.
   */
  readonly used: string | null;
}
/**
 * Your tokens, oldest first.
 */
export interface TokensAnswer {
  readonly tokens: readonly TokenAnswer[];
}
/**
 * What the owner has.
 */
export interface TotalsAnswer {
  /**
   * Screenshots of the time that was asked for.
   */
  readonly count: number;
  /**
   * Room taken, of all times, deleted ones that can still be restored included.
   */
  readonly bytes: number;
  /**
   * Room there is, in bytes.
   */
  readonly quota: number;
  /**
   * Of the counted ones, how many per primary and specific emotion.
   */
  readonly emotions: {
    readonly [k: string]: number | undefined;
  };
}
/**
 * Which picture.
 */
export interface VariantQuery {
  /**
   * Missing: masked where there is one, else plain.
   */
  readonly variant?: ("masked" | "plain") | null;
}
