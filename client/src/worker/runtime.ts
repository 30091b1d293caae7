/** ONNX Runtime Web behind the interface of models. */
import type * as Ort from "onnxruntime-web";
import type { Model, Outputs } from "../models.js";

export interface Runtime {
  readonly backend: "wasm" | "webgpu";
  readonly threads: number;
  load(bytes: Uint8Array, side: number): Promise<Model>;
}

export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

// The smallest model there is, in ONNX's own format (opset 13): one Identity, x to y, of one byte.
const SMALLEST = Uint8Array.from(atob("CAc6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgCEgQKAggBYg8KAXkSCgoICAISBAoCCAFCBAoAEA0="), (char) => char.charCodeAt(0));

/** ONNX Runtime Web, in any of its builds. */
export class OrtRuntime implements Runtime {
  constructor(
    private readonly ort: OrtModule,
    readonly backend: "wasm" | "webgpu",
    readonly threads: number,
  ) {}

  /** Fetches and compiles the runtime, which otherwise waits until the first model is there. */
  async wake(): Promise<void> {
    const session = await this.ort.InferenceSession.create(SMALLEST, { executionProviders: [this.backend] });
    await session.release();
  }

  async load(bytes: Uint8Array, side: number): Promise<Model> {
    const session = await this.ort.InferenceSession.create(bytes, {
      executionProviders: [this.backend],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3, // errors
      // Pool threads that spin while they wait take the cores from the page.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    return new OrtModel(this.ort, session, side, this.backend === "webgpu");
  }
}

class OrtModel implements Model {
  private readonly input: string;

  constructor(
    private readonly ort: OrtModule,
    private readonly session: Ort.InferenceSession,
    readonly side: number,
    readonly batches: boolean, // on the processor ten images cost ten times one
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
