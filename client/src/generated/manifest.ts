/* Generated from manifest.schema.json by scripts/types.mjs: do not edit. */

/**
 * A bundle's manifest.
 */
export interface Manifest {
  readonly schema_version: 1;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly licences: readonly Licence[];
  readonly files: {
    readonly [k: string]: File | undefined;
  };
  readonly detector: Detector;
  readonly mesh: Mesh;
  readonly crop: Crop;
  readonly primary: PrimaryModel;
  readonly specific: SpecificModel | null;
  readonly neutral_gate: NeutralGate | null;
  readonly smoothing: Smoothing;
  readonly tracking: Tracking;
  readonly taxonomy: Taxonomy;
  readonly metrics: readonly Metric[];
  readonly provenance: Provenance;
}
/**
 * Where a part comes from and on what terms.
 */
export interface Licence {
  readonly component: string;
  readonly spdx: string;
  readonly source: string;
}
/**
 * A file of the bundle.
 */
export interface File {
  readonly sha256: string;
  /**
   * Bytes.
   */
  readonly size: number;
}
/**
 * BlazeFace, full range. The graph takes `image: uint8 [N, side, side, 3 or 4]`.
 */
export interface Detector {
  readonly file: string;
  /**
   * Input pixels; the frame is letterboxed with black.
   */
  readonly side: number;
  /**
   * Output [N, grid * grid, 16] in input pixels: box, then 6 key points.
   */
  readonly regressors: string;
  /**
   * Output [N, grid * grid], logits.
   */
  readonly scores: string;
  /**
   * Anchors at ((x + 0.5) / grid, (y + 0.5) / grid), row by row, size 1.
   */
  readonly grid: number;
  readonly score_threshold: number;
  /**
   * Weighted non-maximum suppression merges boxes above this overlap.
   */
  readonly iou_threshold: number;
  /**
   * Smaller faces, in pixels of the input, do not count: a finer view sees them better.
   */
  readonly least_size: number;
  /**
   * Size of the second view, over the frame's: for faces that fill the frame.
   */
  readonly wide: number;
  /**
   * Side of the square views beside the whole frame, over the frame's height.
   */
  readonly view_share: number;
  /**
   * Least overlap of neighbouring views, over their side.
   */
  readonly view_overlap: number;
  /**
   * Most views in a row or column; wider ones then.
   */
  readonly view_limit: number;
  /**
   * How often tiles halve the views for small faces.
   */
  readonly tile_levels: number;
}
/**
 * Face Mesh, 468 landmarks. The graph takes `image: uint8 [N, side, side, 3 or 4]`.
 */
export interface Mesh {
  readonly file: string;
  readonly side: number;
  /**
   * Output [N, 1404]: x, y, z in pixels of the crop.
   */
  readonly landmarks: string;
  /**
   * Output [N, 1], logit: a face is there.
   */
  readonly presence: string;
  /**
   * Below it the face is lost.
   */
  readonly presence_threshold: number;
  /**
   * Readings of a new face, each on the region of the last.
   */
  readonly passes: number;
  /**
   * A followed face whose region moved by more, over its side, is read again, as it may be off.
   */
  readonly settled_shift: number;
  /**
   * The same for a face that the detector has to find again: landmarks may stick beside it.
   */
  readonly doubtful_shift: number;
  /**
   * Most readings of a followed face in a frame.
   */
  readonly settled_passes: number;
  /**
   * Presence that earns a new face its next reading.
   */
  readonly hint_threshold: number;
  /**
   * Side of the region over the longer side of the box.
   */
  readonly region_scale: number;
  /**
   * Of two followed faces that overlap more, one is dropped.
   */
  readonly overlap_threshold: number;
  /**
   * Landmark where the levelled line starts (outer corner, right eye).
   */
  readonly angle_from: number;
  /**
   * Landmark where the levelled line ends (outer corner, left eye).
   */
  readonly angle_to: number;
  /**
   * Closed polygon of the face's edge.
   */
  readonly outline: readonly number[];
  readonly right_eye: readonly number[];
  readonly left_eye: readonly number[];
  /**
   * Closed polygon of the lips' inner edge (the mouth's opening).
   */
  readonly lips: readonly number[];
}
/**
 * The one framing of both emotion models: a similarity transform fitted to these points.
 */
export interface Crop {
  /**
   * @minItems 3
   */
  readonly points: readonly number[];
  /**
   * Where the points lie, as fractions of the crop's side.
   */
  readonly template: readonly (readonly [number, number])[];
}
/**
 * The model for devices. The graph takes `image: uint8 [N, side, side, 3 or 4]`.
 */
export interface PrimaryModel {
  readonly file: string;
  readonly side: number;
  readonly primary: PrimaryOutput;
}
/**
 * Logits of the primary emotions, [N, P], in the order of `classes`.
 */
export interface PrimaryOutput {
  readonly output: string;
  readonly classes: readonly string[];
  readonly temperature: number;
  /**
   * Confidence under which the face counts as unsure.
   */
  readonly abstain_below: number;
}
/**
 * The model for servers. The graph takes `image: uint8 [N, side, side, 3 or 4]`.
 */
export interface SpecificModel {
  readonly file: string;
  readonly side: number;
  readonly terms: TermsOutput;
  /**
   * Missing: the server runs the primary model too.
   */
  readonly primary: PrimaryOutput | null;
  /**
   * Missing: derived from the anchors of the primaries.
   */
  readonly affect: AffectOutput | null;
}
/**
 * Logits of the terms, [N, T], in the order of the taxonomy's terms.
 */
export interface TermsOutput {
  readonly output: string;
  readonly temperature: number;
  /**
   * False: a semantic estimate from primary, valence and arousal.
   */
  readonly trained: boolean;
}
/**
 * Valence and arousal in [-1, 1], [N, 2].
 */
export interface AffectOutput {
  readonly output: string;
}
/**
 * A second primary model that says neutral for bundles that have no neutral of their own.
 *
 * It is judged on the same framing. A face whose probability of `classes[neutral]` reaches `threshold`
 * shows neutral and no term.
 */
export interface NeutralGate {
  readonly model: PrimaryModel;
  readonly neutral: string;
  readonly threshold: number;
  readonly colour: string;
  readonly safe_colour: string;
}
/**
 * Constants of smoothing; times in seconds.
 */
export interface Smoothing {
  readonly geometry: OneEuro;
  /**
   * Exponential average of the log probabilities.
   */
  readonly logits_time_constant_s: number;
  /**
   * A new label must lead the shown one by this probability.
   */
  readonly switch_margin: number;
  /**
   * ... for at least this long.
   */
  readonly switch_hold_s: number;
  /**
   * Least time between two changes of a label.
   */
  readonly switch_pause_s: number;
  /**
   * A new term must be this many times as probable as the shown one.
   */
  readonly term_ratio: number;
  /**
   * Terms older than this are no longer shown.
   */
  readonly terms_expire_s: number;
  /**
   * Least probability that is averaged as a logarithm.
   */
  readonly probability_floor: number;
  /**
   * The detector runs at least this often while a place is free.
   */
  readonly detect_every_s: number;
  /**
   * How often each face is classified.
   */
  readonly classify_per_second: number;
}
/**
 * Casiez, Roussel, Vogel (2012): 1 euro filter, for positions in units of the face's width.
 */
export interface OneEuro {
  readonly min_cutoff_hz: number;
  readonly beta: number;
  readonly derivative_cutoff_hz: number;
}
/**
 * Constants of who is who. Lengths in face sizes, times in seconds; errors are standard deviations.
 */
export interface Tracking {
  /**
   * A face unseen for longer gives up its id for good.
   */
  readonly lost_after_s: number;
  /**
   * The same where another face is before it, which does not count as unseen until then.
   */
  readonly hidden_lost_after_s: number;
  /**
   * How far a head reaches from the middle of its face.
   */
  readonly head_reach: number;
  /**
   * Least size of a face that can hide another, over the other's.
   */
  readonly hiding_size: number;
  /**
   * Of the middle of a face as it is measured.
   */
  readonly place_error: number;
  /**
   * Factor of the errors of a face that another one overlaps: landmarks slip there.
   */
  readonly overlapped_error: number;
  /**
   * Least speed that a face may take up, a second.
   */
  readonly calm_speed: number;
  /**
   * Speed of sudden moves and of faces that just came, a second.
   */
  readonly sudden_speed: number;
  /**
   * -2 ln of how rare sudden moves are.
   */
  readonly sudden_cost: number;
  /**
   * How long people keep going as they go.
   */
  readonly speed_time_constant_s: number;
  /**
   * Exponential average of usual speed and appearance.
   */
  readonly habit_time_constant_s: number;
  /**
   * Of the logarithm of a measured size.
   */
  readonly size_error: number;
  /**
   * Variance that this logarithm gains a second.
   */
  readonly size_drift: number;
  /**
   * Of one face's appearance from time to time.
   */
  readonly appearance_error: number;
  /**
   * Most that a difference of appearance counts, as -2 ln.
   */
  readonly appearance_most: number;
  /**
   * -2 ln of how likely a face is new; what fits less well is somebody new.
   */
  readonly new_cost: number;
}
/**
 * Primary emotions in order, and the terms in the order of the `terms` output.
 */
export interface Taxonomy {
  readonly id: string;
  /**
   * @minItems 2
   */
  readonly primaries: readonly Primary[];
  readonly terms: readonly Term[];
  /**
   * The primary that carries no term, where there is one.
   */
  readonly neutral: string | null;
}
/**
 * A primary emotion: what colours a mask.
 */
export interface Primary {
  readonly id: string;
  readonly colour: string;
  /**
   * The same emotion in the palette for colour-blind people.
   */
  readonly safe_colour: string;
  readonly pattern: "none" | "hearts" | "zigzag" | "waves" | "drops" | "dots" | "rings" | "diagonal" | "grid";
  /**
   * Anchor: mean valence of its rated terms, 0 for neutral.
   */
  readonly valence: number;
  /**
   * Anchor: mean arousal of its rated terms, 0 for neutral.
   */
  readonly arousal: number;
}
/**
 * A specific emotion: what stands above a head.
 */
export interface Term {
  readonly id: string;
  readonly primary: string;
  readonly valence: number;
  readonly arousal: number;
  /**
   * exact: the word itself was rated; family: a word of its family; imputed: the mean of its category.
   */
  readonly rating: "exact" | "family" | "imputed";
}
/**
 * A measured figure with what it was measured on.
 */
export interface Metric {
  readonly file: string;
  readonly data: string;
  readonly name: string;
  readonly value: number;
  /**
   * Lower end of the 95 % interval.
   */
  readonly low: number | null;
  /**
   * Upper end of the 95 % interval.
   */
  readonly high: number | null;
  /**
   * Examples measured.
   */
  readonly count: number | null;
}
/**
 * How the bundle came to be.
 */
export interface Provenance {
  readonly data: string;
  readonly recipe: string;
  readonly commit: string;
}
