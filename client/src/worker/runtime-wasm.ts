/** The WebAssembly build of ONNX Runtime: SIMD, and threads where the page is isolated. */
import * as ort from "onnxruntime-web/wasm";
import loader from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import binary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { OrtRuntime } from "./runtime.js";

const MOST_THREADS = 4;

/** Where the runtime lies, to be fetched with a progress bar before it starts. */
export const wasmBinary = binary;

export function startWasm(oneThread: boolean): OrtRuntime {
  const threads = oneThread || !globalThis.crossOriginIsolated ? 1 : spareCores();
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false; // this is a worker already
  ort.env.wasm.wasmPaths = { mjs: loader, wasm: binary };
  ort.env.logLevel = "error";
  return new OrtRuntime(ort, "wasm", threads);
}

/** Half of the cores, for the camera and the page need some; more than a few threads gain nothing on small models. */
export function spareCores(): number {
  return Math.max(1, Math.min(MOST_THREADS, Math.floor(navigator.hardwareConcurrency / 2)));
}
