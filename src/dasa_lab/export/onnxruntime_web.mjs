// Runs a graph in ONNX Runtime Web (WebAssembly, one thread) on crops, one at a time as the page does.
//
//     node onnxruntime_web.mjs JOB.json
//
// The job names: runtime (folder of the package onnxruntime-web), model, crops (file of uint8 RGBA), count, side,
// output (name of one output) and answers (file that gets its values as float32, crop by crop).
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const ort = await import(pathToFileURL(join(job.runtime, "dist", "ort.wasm.bundle.min.mjs")).href);
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(job.model)), {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
});
const crops = new Uint8Array(readFileSync(job.crops));
const size = job.side * job.side * 4;
const answers = [];
for (let index = 0; index < job.count; index++) {
  const pixels = crops.subarray(index * size, (index + 1) * size);
  const image = new ort.Tensor("uint8", pixels, [1, job.side, job.side, 4]);
  answers.push(...(await session.run({ image }))[job.output].data);
}
writeFileSync(job.answers, Buffer.from(new Float32Array(answers).buffer));
await session.release();
