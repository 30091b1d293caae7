/** Starts the models of the active bundle: in WebAssembly, and on WebGPU where that is wanted, right and faster. */
import type { ApiClient } from "../api/client.js";
import type { Manifest } from "../generated/manifest.js";
import type { Loaded } from "./analysis.js";
import { fetchKnownFace } from "./known-face.js";
import { fetchAll, openModels, release, warmUp, type ModelFiles, type Progress } from "./load.js";
import type { ToWorker } from "./messages.js";
import { prove } from "./proof.js";
import { startWasm, wasmBinary } from "./runtime-wasm.js";

type Open = Extract<ToWorker, { readonly kind: "open" }>;

export async function start(api: ApiClient, open: Open, progress: Progress, signal: AbortSignal): Promise<Loaded> {
  const manifest = await api.bundle(signal);
  const files = await fetchAll(api, manifest, { address: wasmBinary, size: WASM_BYTES }, progress, signal);
  const runtime = startWasm(open.flags.noThreads);
  const models = await openModels(runtime, manifest, files);
  await warmUp(models, progress);
  const { backend, threads } = runtime;
  const loaded: Loaded = { manifest, models, backend, threads, release: () => release(models) };
  return open.options.backend === "webgpu" ? onGpu(manifest, files, loaded, signal) : loaded;
}

/** The models on WebGPU when they prove themselves, else as they were. */
async function onGpu(manifest: Manifest, files: ModelFiles, known: Loaded, signal: AbortSignal): Promise<Loaded> {
  if (!(await hasGpu())) {
    return known;
  }
  const face = await fetchKnownFace(signal);
  const { startWebGpu } = await import("./runtime-webgpu.js");
  try {
    const models = await openModels(startWebGpu(), manifest, files);
    const verdict = await prove(manifest, known.models, models, face, () => performance.now());
    const [kept, dropped] = verdict === "better" ? [models, known.models] : [known.models, models];
    await release(dropped);
    return verdict === "better" ? { ...known, models: kept, backend: "webgpu", release: () => release(kept) } : known;
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    return known; // a driver that fails here would fail later: WebAssembly goes on, and "ready" names it
  }
}

/** `navigator.gpu` exists also where there is no adapter. */
async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as { readonly gpu?: GPU };
  return gpu !== undefined && (await gpu.requestAdapter()) !== null;
}
