/** Adds up what the stages of a frame take. */
import type { Watch } from "../models.js";

export type Stage = "detect" | "landmarks" | "crops" | "emotion";

export class Stopwatch implements Watch {
  private stages = new Map<Stage, number>();
  private inner = 0; // milliseconds that stages within the running one took; they are not counted twice

  /** @param now milliseconds, rising */
  constructor(readonly now: () => number) {}

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const stop = this.start(stage);
    try {
      return await work();
    } finally {
      stop();
    }
  }

  timeNow<T>(stage: Stage, work: () => T): T {
    const stop = this.start(stage);
    try {
      return work();
    } finally {
      stop();
    }
  }

  /** Milliseconds of the stages that ran since the last call; null: the stage did not run. */
  take(): Readonly<Record<Stage, number | null>> {
    const { stages } = this;
    this.stages = new Map();
    const of = (stage: Stage): number | null => stages.get(stage) ?? null;
    return { detect: of("detect"), landmarks: of("landmarks"), crops: of("crops"), emotion: of("emotion") };
  }

  private start(stage: Stage): () => void {
    const began = this.now();
    const outer = this.inner;
    this.inner = 0;
    return () => {
      const spent = this.now() - began;
      this.stages.set(stage, (this.stages.get(stage) ?? 0) + spent - this.inner);
      this.inner = outer + spent;
    };
  }
}
