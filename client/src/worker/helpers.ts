/**
 * Other workers that take a share of the faces.
 *
 * In WebAssembly ten images cost ten times one, and threads within a model gain little on models as small as these;
 * whole images side by side gain in full. Helpers start when several faces are in view, so that a single person never
 * pays for them. One that fails is let go, and its share is done here.
 */
import type { Model, Outputs } from "../models.js";
import type { FromHelper, HelperModel, ToHelper } from "./helper-messages.js";

export type HelperPort = Pick<Worker, "postMessage" | "terminate" | "addEventListener">;

const SEVERAL = 3; // faces at once, from which helpers are worth their start
const PATIENCE_MS = 5_000; // for a share; a browser may stop a worker without a word
const LEARN = 0.3; // share of the newest measurement in what an image costs

/** The outputs of images that are run one after the other, in their order. */
export async function oneByOne(model: Model, images: Uint8Array, count: number): Promise<Outputs> {
  const size = images.length / count;
  const parts: Outputs[] = [];
  for (let index = 0; index < count; index++) {
    parts.push(await model.run(images.subarray(index * size, (index + 1) * size), 1));
  }
  return joined(parts);
}

/**
 * How many images each one takes so that all are done at about the same time.
 *
 * @param costs time of one image for each; the first one takes at least one image
 */
export function shares(count: number, costs: readonly number[]): number[] {
  const taken = costs.map((_, index) => (index === 0 ? 1 : 0));
  for (let left = count - 1; left > 0; left--) {
    const ends = costs.map((cost, index) => (taken[index]! + 1) * cost);
    taken[ends.indexOf(Math.min(...ends))]! += 1;
  }
  return taken;
}

function joined(parts: readonly Outputs[]): Outputs {
  const [first] = parts;
  if (first === undefined || parts.length === 1) {
    return first ?? {};
  }
  const entries = Object.keys(first).map((name): [string, Float32Array] => {
    const values = new Float32Array(parts.reduce((sum, part) => sum + part[name]!.length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part[name]!, at);
      at += part[name]!.length;
    }
    return [name, values];
  });
  return Object.fromEntries(entries);
}

/** What an image costs, by model; learnt from use. */
class Costs {
  private readonly ms = new Map<string, number>();

  of(model: string): number {
    return this.ms.get(model) ?? 1;
  }

  learn(model: string, ms: number, count: number): void {
    const before = this.ms.get(model);
    const now = Math.max(ms / count, 0.01);
    this.ms.set(model, before === undefined ? now : before + LEARN * (now - before));
  }
}

class Helper {
  ready = false;
  readonly costs = new Costs();
  private waiting: ((answer: Outputs | null) => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked: { readonly model: string; readonly count: number } | null = null;

  constructor(
    private readonly port: HelperPort,
    models: readonly HelperModel[],
    private readonly gone: (helper: Helper) => void,
  ) {
    port.addEventListener("message", (event: Event) => {
      this.hear((event as MessageEvent<FromHelper>).data);
    });
    port.addEventListener("error", () => {
      this.fail();
    });
    this.send({ kind: "open", models });
  }

  /** The outputs of a share; null: it failed. One share at a time. */
  run(model: string, images: Uint8Array<ArrayBuffer>, count: number): Promise<Outputs | null> {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.asked = { model, count };
      this.timer = setTimeout(() => {
        this.fail();
      }, PATIENCE_MS);
      this.send({ kind: "run", model, images, count }, [images.buffer]);
    });
  }

  close(): void {
    this.port.terminate();
    this.answer(null);
  }

  private hear(message: FromHelper): void {
    switch (message.kind) {
      case "ready":
        this.ready = true;
        return;
      case "done":
        if (this.asked !== null) {
          this.costs.learn(this.asked.model, message.ms, this.asked.count);
        }
        this.answer(message.outputs);
        return;
      case "failed":
        this.fail();
        return;
      default:
        message satisfies never;
    }
  }

  private fail(): void {
    this.gone(this);
    this.close();
  }

  private answer(outputs: Outputs | null): void {
    const { waiting } = this;
    clearTimeout(this.timer);
    this.waiting = null;
    this.asked = null;
    waiting?.(outputs);
  }

  private send(message: ToHelper, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }
}

export class Helpers {
  private helpers: Helper[] = [];
  private begun = false;

  /**
   * @param count how many; 0: everything is done here
   * @param create makes a worker that speaks the helpers' messages
   * @param models what they can run
   */
  constructor(
    private readonly count: number,
    private readonly create: () => HelperPort,
    private readonly models: readonly HelperModel[],
  ) {}

  /** The model, with its images spread over the helpers. */
  share(name: string, model: Model, now: () => number): Model {
    return this.count === 0 ? model : new SharedModel(name, model, this, now);
  }

  /** Those that can take a share of so many images. */
  for(images: number): readonly Helper[] {
    if (images >= SEVERAL && !this.begun) {
      this.begun = true;
      const gone = (helper: Helper): void => {
        this.helpers = this.helpers.filter((other) => other !== helper);
      };
      this.helpers = Array.from({ length: this.count }, () => new Helper(this.create(), this.models, gone));
    }
    return images > 1 ? this.helpers.filter(({ ready }) => ready) : [];
  }

  close(): void {
    this.helpers.forEach((helper) => {
      helper.close();
    });
    this.helpers = [];
    this.begun = true;
  }
}

/** A model whose images are run here and by helpers side by side. */
class SharedModel implements Model {
  readonly batches = true;
  private readonly costs = new Costs();

  constructor(
    private readonly name: string,
    private readonly model: Model,
    private readonly helpers: Helpers,
    private readonly now: () => number,
  ) {}

  get side(): number {
    return this.model.side;
  }

  async run(images: Uint8Array, count: number): Promise<Outputs> {
    const size = images.length / count;
    const helpers = this.helpers.for(count);
    const taken = shares(count, [this.costs.of(this.name), ...helpers.map(({ costs }) => costs.of(this.name))]);
    let end = taken[0]!;
    const asked = helpers.map((helper, index) => {
      const from = end;
      end += taken[index + 1]!;
      const part = images.slice(from * size, end * size);
      return part.length === 0 ? null : { from, to: end, answer: helper.run(this.name, part, end - from) };
    });
    const parts = [await this.here(images.subarray(0, taken[0]! * size), taken[0]!)];
    for (const share of asked.filter((each) => each !== null)) {
      const { from, to, answer } = share;
      parts.push((await answer) ?? (await this.here(images.subarray(from * size, to * size), to - from)));
    }
    return joined(parts);
  }

  release(): Promise<void> {
    return this.model.release();
  }

  private async here(images: Uint8Array, count: number): Promise<Outputs> {
    const start = this.now();
    const outputs = await oneByOne(this.model, images, count);
    this.costs.learn(this.name, this.now() - start, count);
    return outputs;
  }
}
