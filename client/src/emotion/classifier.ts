/** The device's emotion models: aligned crops -> emotions. */
import type { Manifest, PrimaryModel } from "../generated/manifest.js";
import { output, type Model } from "../models.js";
import type { Emotion } from "../records.js";
import { deviceEmotion, softmax } from "./probabilities.js";

/** Gives the crops of the faces in question, RGBA, one after the other, at the side that a model wants. */
export type CropsAt = (side: number) => Uint8Array;

export class DeviceClassifier {
  /**
   * @param primary the bundle's primary.onnx
   * @param gate the model of the neutral gate, where there is one; may be the same as `primary`
   */
  constructor(
    private readonly manifest: Manifest,
    private readonly primary: Model,
    private readonly gate: Model | null,
  ) {}

  /** One emotion for each of `count` faces, in their order. */
  async classify(crops: CropsAt, count: number): Promise<Emotion[]> {
    const primaries = await this.run(this.primary, this.manifest.primary, crops, count);
    const gates = await this.gates(crops, count, primaries);
    return primaries.map((primary, index) => deviceEmotion(primary, gates?.[index] ?? null, this.manifest));
  }

  private async gates(crops: CropsAt, count: number, primaries: readonly Float32Array[]): Promise<number[] | null> {
    const spec = this.manifest.neutral_gate;
    if (spec === null || this.gate === null) {
      return null;
    }
    const same = this.gate === this.primary;
    const rows = same ? primaries : await this.run(this.gate, spec.model, crops, count);
    const neutral = spec.model.primary.classes.indexOf(spec.neutral);
    return rows.map((row) => row[neutral]!);
  }

  private async run(model: Model, spec: PrimaryModel, crops: CropsAt, count: number): Promise<Float32Array[]> {
    const images = crops(spec.side);
    const size = 4 * spec.side * spec.side;
    const step = model.batches ? Math.max(1, count) : 1;
    const rows: Float32Array[] = [];
    for (let first = 0; first < count; first += step) {
      const together = Math.min(step, count - first);
      const outputs = await model.run(images.subarray(first * size, (first + together) * size), together);
      const logits = output(outputs, spec.primary.output);
      for (let row = 0; row < together; row++) {
        rows.push(softmax(logits, row, spec.primary));
      }
    }
    return rows;
  }
}
