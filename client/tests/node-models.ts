/** The default bundle's models in ONNX Runtime Web, in node: the same WebAssembly as in browsers. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-web/wasm";
import type { Manifest } from "../src/generated/manifest.js";
import { openModels, deviceModels } from "../src/worker/load.js";
import type { Models } from "../src/worker/pipeline.js";
import { OrtRuntime } from "../src/worker/runtime.js";

const folder = new URL("../../src/dasa/bundle/default/", import.meta.url);
const manifestFile = new URL("manifest.json", folder);

export const manifest = JSON.parse(readFileSync(manifestFile, "utf-8")) as Manifest;

const names = [...deviceModels(manifest).keys()];

/** The set-up makes the face models; without it there is nothing to run. Under CI their absence is a failure. */
export const modelsMissing = process.env.CI !== "true" && !names.every((name) => existsSync(new URL(name, folder)));

export function nodeModels(): Promise<Models> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const read = (name: string): Promise<Uint8Array> => readFile(new URL(name, folder)).then((file) => new Uint8Array(file));
  const files = new Map(names.map((name) => [name, read(name)]));
  return openModels(new OrtRuntime(ort, "wasm", 1), manifest, { files, runtime: Promise.resolve() });
}
