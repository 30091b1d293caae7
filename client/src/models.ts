/** Models as the rooms see them: images in, named outputs out. Which runtime is behind them is the worker's choice. */

/** Outputs by name, each flattened, N first. */
export type Outputs = Readonly<Record<string, Float32Array>>;

export interface Model {
  /** Pixels on each side of an image. */
  readonly side: number;
  /** Whether many images at once cost less than one by one. */
  readonly batches: boolean;
  /**
   * @param images RGBA, one after the other, side * side * 4 bytes each
   * @param count how many images
   */
  run(images: Uint8Array, count: number): Promise<Outputs>;
  release(): Promise<void>;
}

/** An output that must be there. */
export function output(outputs: Outputs, name: string): Float32Array {
  const values = outputs[name];
  if (values === undefined) {
    throw new Error(`A model of the bundle has no output '${name}'.`);
  }
  return values;
}

/** Times the stages of a frame. */
export interface Watch {
  /** Milliseconds, rising. */
  readonly now: () => number;
  time<T>(stage: "detect" | "landmarks" | "crops" | "emotion", work: () => Promise<T>): Promise<T>;
}
