/** Runs models on a share of the faces, for the analysing worker. */
import type { Model } from "../models.js";
import type { FromHelper, ToHelper } from "./helper-messages.js";
import { oneByOne } from "./helpers.js";
import { startWasm } from "./runtime-wasm.js";

const models = new Map<string, Model>();
let turn: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<ToHelper>) => {
  turn = turn.then(() => handle(data)).catch(() => {
    post({ kind: "failed" }); // whoever asked does the work itself
  });
});

async function handle(message: ToHelper): Promise<void> {
  switch (message.kind) {
    case "open": {
      const runtime = startWasm(true);
      for (const { name, bytes, side } of message.models) {
        const model = await runtime.load(bytes, side);
        await model.run(new Uint8Array(4 * side * side), 1); // memory and code are in place for the first share
        models.set(name, model);
      }
      post({ kind: "ready" });
      return;
    }
    case "run": {
      const start = performance.now();
      const outputs = await oneByOne(models.get(message.model)!, message.images, message.count);
      post({ kind: "done", outputs, ms: performance.now() - start });
      return;
    }
    default:
      message satisfies never;
  }
}

function post(message: FromHelper): void {
  self.postMessage(message);
}
