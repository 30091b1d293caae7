/** Faces are shared out, come back in their order, and are done here where a helper fails. */
import { describe, expect, it, vi } from "vitest";
import type { Model, Outputs } from "../../src/models.js";
import type { FromHelper, ToHelper } from "../../src/worker/helper-messages.js";
import { Helpers, oneByOne, shares, type HelperPort } from "../../src/worker/helpers.js";

const SIZE = 4; // bytes of an image of one pixel

/** Says of each image its first byte, twice; counts what it ran. */
class Echo implements Model {
  readonly side = 1;
  readonly batches = false;
  ran: number[] = [];

  run(images: Uint8Array, count: number): Promise<Outputs> {
    expect([images.length, count]).toEqual([SIZE, 1]);
    this.ran.push(images[0]!);
    return Promise.resolve({ value: Float32Array.of(images[0]!, images[0]!) });
  }

  release(): Promise<void> {
    return Promise.resolve();
  }
}

type Fault = "breaks" | "hangs"; // at its first share

/** A helper in the same thread. */
class Port implements HelperPort {
  readonly model = new Echo();
  terminated = false;
  private heard: ((event: Event) => void) | null = null;

  constructor(private readonly fault: Fault | null) {}

  addEventListener(kind: string, listener: unknown): void {
    if (kind === "message") this.heard = listener as (event: Event) => void;
  }

  postMessage(message: unknown): void {
    void this.answer(message as ToHelper);
  }

  terminate(): void {
    this.terminated = true;
  }

  private async answer(message: ToHelper): Promise<void> {
    if (message.kind === "open") this.say({ kind: "ready" });
    else if (this.fault === "breaks") this.say({ kind: "failed" });
    else if (this.fault === null) this.say({ kind: "done", outputs: await oneByOne(this.model, message.images, message.count), ms: message.count });
  }

  private say(data: FromHelper): void {
    this.heard?.({ data } as MessageEvent<FromHelper>);
  }
}

function setUp(count: number, fault: Fault | null = null): { model: Model; own: Echo; ports: Port[]; helpers: Helpers } {
  const own = new Echo();
  const ports: Port[] = [];
  let clock = 0;
  const create = (): Port => {
    ports.push(new Port(fault));
    return ports.at(-1)!;
  };
  const helpers = new Helpers(count, create, [{ name: "mesh", bytes: new Uint8Array(1), side: 1 }]);
  return { model: helpers.share("mesh", own, () => (clock += 3)), own, ports, helpers };
}

const images = (count: number): Uint8Array => Uint8Array.from({ length: SIZE * count }, (_, at) => Math.floor(at / SIZE) + 1);
const answers = (count: number): number[] => Array.from({ length: 2 * count }, (_, at) => Math.floor(at / 2) + 1);

async function values(model: Model, count: number): Promise<number[]> {
  return [...(await model.run(images(count), count)).value!];
}

describe("helpers", () => {
  it("start when several faces are in view, and take their share", async () => {
    const { model, own, ports } = setUp(2);
    expect(await values(model, 1)).toEqual(answers(1));
    expect(await values(model, 2)).toEqual(answers(2));
    expect(ports).toHaveLength(0);
    for (let frame = 0; frame < 3; frame++) {
      expect(await values(model, 10)).toEqual(answers(10));
    }
    expect(ports).toHaveLength(2);
    expect(ports.every((port) => port.model.ran.length > 0)).toBe(true);
    expect(own.ran.length + ports.reduce((sum, port) => sum + port.model.ran.length, 0)).toBe(33);
  });

  it.each(["breaks", "hangs"] as const)("are let go when one %s, and its share is done here", async (fault) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { model, ports } = setUp(2, fault);
    for (let frame = 0; frame < 3; frame++) {
      const answered = values(model, 7);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await answered).toEqual(answers(7));
    }
    vi.useRealTimers();
    expect(ports.every(({ terminated }) => terminated)).toBe(true);
  });

  it("end with the models", async () => {
    const { model, ports, helpers } = setUp(1);
    await values(model, 5);
    helpers.close();
    expect(ports[0]!.terminated).toBe(true);
    expect(await values(model, 5)).toEqual(answers(5));
    expect(ports).toHaveLength(1);
  });

  it("are none where there are no cores to spare: the model stays as it is", () => {
    const { model, own } = setUp(0);
    expect(model).toBe(own);
  });
});

describe("shares", () => {
  it("let all end at about the same time", () => {
    expect(shares(10, [1, 1])).toEqual([5, 5]);
    expect(shares(10, [1, 4])).toEqual([8, 2]);
    expect(shares(10, [2, 1, 1])).toEqual([2, 4, 4]);
    expect(shares(1, [5, 1])).toEqual([1, 0]);
  });
});
