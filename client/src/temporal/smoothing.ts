/** Smoothing by elapsed time: One Euro for geometry, exponential for probabilities. Times in seconds. */
import type { OneEuro } from "../generated/manifest.js";

/** How much a low-pass of first order takes of a new value, (0, 1). */
function share(cutoffHz: number, elapsed: number): number {
  const ratio = 2 * Math.PI * cutoffHz * elapsed;
  return ratio / (1 + ratio);
}

/**
 * The 1 euro filter (Casiez, Roussel, Vogel 2012) for the points of one face.
 *
 * Each coordinate is smoothed by itself: strongly while it rests, hardly while it moves fast. Speeds are in face sizes
 * a second, so faces near and far are smoothed alike.
 */
export class OneEuroFilter {
  private raw: Float64Array | null = null;
  private value = new Float64Array(0);
  private speed = new Float64Array(0);
  private time = 0;

  /** @param amount divides the cutoff: 0 smooths nothing, 1 as the manifest says, 2 is calmer */
  constructor(
    private readonly spec: OneEuro,
    private readonly amount = 1,
  ) {}

  /**
   * The smoothed values of the next frame; valid until the next call.
   *
   * @param values pixels, of the same length in every call
   * @param size of the face, pixels, > 0
   * @param time of the frame; without time gone by, the last result stays
   */
  step(values: ArrayLike<number>, size: number, time: number): Float64Array {
    if (this.raw === null || this.amount <= 0) {
      this.raw = Float64Array.from(values);
      this.value = Float64Array.from(values);
      this.speed = new Float64Array(values.length);
      this.time = time;
      return this.value;
    }
    const elapsed = time - this.time;
    if (elapsed <= 0) {
      return this.value;
    }
    const { raw, speed, value } = this;
    const taken = share(this.spec.derivative_cutoff_hz, elapsed);
    for (let i = 0; i < raw.length; i++) {
      const now = values[i]!;
      speed[i]! += taken * ((now - raw[i]!) / (size * elapsed) - speed[i]!);
      const cutoff = (this.spec.min_cutoff_hz + this.spec.beta * Math.abs(speed[i]!)) / this.amount;
      value[i]! += share(cutoff, elapsed) * (now - value[i]!);
      raw[i] = now;
    }
    this.time = time;
    return value;
  }
}

/** Logarithms of probabilities, none below that of `floor`: a single zero must not rule for seconds. */
export function logOf(probabilities: ArrayLike<number>, floor: number): Float64Array {
  return Float64Array.from(probabilities, (value) => Math.log(Math.max(value, floor)));
}

/** Probabilities, sum 1, from logarithms of weights. */
export function softmax(logs: ArrayLike<number>): Float64Array {
  let highest = -Infinity;
  for (let i = 0; i < logs.length; i++) {
    highest = Math.max(highest, logs[i]!);
  }
  const weights = Float64Array.from(logs, (value) => Math.exp(value - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** An exponential average of vectors by elapsed time. */
export class Average {
  private average: Float64Array | null = null;
  /** Of the newest vector. */
  time = -Infinity;

  /** @param timeConstant 0 keeps the newest vector */
  constructor(private readonly timeConstant: number) {}

  /** The average; null before the first vector. */
  get value(): Float64Array | null {
    return this.average;
  }

  /** Takes a vector of a time. Of vectors of one time, or late ones, only the first counts. */
  add(value: Float64Array, time: number): void {
    if (this.average === null) {
      this.average = value.slice();
      this.time = time;
      return;
    }
    const elapsed = time - this.time;
    if (elapsed <= 0) {
      return;
    }
    const taken = this.timeConstant > 0 ? 1 - Math.exp(-elapsed / this.timeConstant) : 1;
    this.average.forEach((before, i, all) => {
      all[i] = before + taken * (value[i]! - before);
    });
    this.time = time;
  }
}
