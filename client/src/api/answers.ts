/** Answers of the API, as the server's schemas define them. Numbers are in [0, 1] unless said otherwise. */

export interface FaceAnswer {
  readonly primary: {
    readonly id: string;
    readonly confidence: number;
    readonly unsure: boolean;
    readonly probabilities: Readonly<Record<string, number>>;
  };
  readonly specific: {
    readonly id: string;
    readonly confidence: number;
    readonly top: readonly { readonly id: string; readonly confidence: number }[];
    readonly probabilities?: readonly number[]; // in the manifest's order, with scores=all
  } | null;
  readonly valence: number; // [-1, 1]
  readonly arousal: number; // [-1, 1]
}

export interface FacesAnswer {
  readonly bundle: string; // "name@version"
  readonly faces: readonly FaceAnswer[];
  readonly timing_ms: Readonly<Record<string, number>>;
}
