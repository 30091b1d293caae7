/** The WebGPU build of ONNX Runtime; larger, so that it is fetched only by who asks for it. */
import * as ort from "onnxruntime-web/webgpu";
import loader from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import binary from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { OrtRuntime } from "./runtime.js";

export function startWebGpu(): OrtRuntime {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmPaths = { mjs: loader, wasm: binary };
  ort.env.logLevel = "error";
  return new OrtRuntime(ort, "webgpu", 1);
}
