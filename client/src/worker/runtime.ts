/** Models behind an interface: images in, named outputs out; ONNX Runtime Web is the only implementation. */
import type * as Ort from "onnxruntime-web";

/** Outputs by name, each flattened, N first. */
export type Outputs = Readonly<Record<string, Float32Array>>;

export interface Model {
  /** Pixels on each side of an image. */
  readonly side: number;
  /**
   * @param images RGBA, one after the other, side * side * 4 bytes each
   * @param count how many images
   */
  run(images: Uint8Array, count: number): Promise<Outputs>;
  release(): Promise<void>;
}

export interface Runtime {
  readonly backend: "wasm" | "webgpu";
  readonly threads: number;
  /** Whether many images at once cost less than one by one. */
  readonly batches: boolean;
  load(bytes: Uint8Array, side: number): Promise<Model>;
}

export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

/** ONNX Runtime Web, in any of its builds. */
export class OrtRuntime implements Runtime {
  readonly batches: boolean;

  constructor(
    private readonly ort: OrtModule,
    readonly backend: "wasm" | "webgpu",
    readonly threads: number,
  ) {
    this.batches = backend === "webgpu";
  }

  async load(bytes: Uint8Array, side: number): Promise<Model> {
    const session = await this.ort.InferenceSession.create(bytes, {
      executionProviders: [this.backend],
      graphOptimizationLevel: "all",
      // Pool threads that spin while they wait take the cores from the page.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    return new OrtModel(this.ort, session, side);
  }
}

class OrtModel implements Model {
  private readonly input: string;

  constructor(
    private readonly ort: OrtModule,
    private readonly session: Ort.InferenceSession,
    readonly side: number,
  ) {
    this.input = session.inputNames[0]!;
  }

  async run(images: Uint8Array, count: number): Promise<Outputs> {
    const dims = [count, this.side, this.side, 4];
    const outputs = await this.session.run({ [this.input]: new this.ort.Tensor("uint8", images, dims) });
    const named = Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array] as const);
    return Object.fromEntries(named);
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
