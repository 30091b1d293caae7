/** Starts the models of the active bundle: in WebAssembly, and on WebGPU where that is wanted, right and faster. */
import type { ApiClient } from "../api/client.js";
import type { Manifest } from "../generated/manifest.js";
import type { Model } from "../models.js";
import type { Loaded } from "./analysis.js";
import { Helpers, type HelperPort } from "./helpers.js";
import { fetchKnownFace } from "./known-face.js";
import { deviceModels, fetchAll, openModels, release, warmUp, type Fetched, type Progress } from "./load.js";
import type { Flags, ToWorker } from "./messages.js";
import type { Models } from "./pipeline.js";
import { prove } from "./proof.js";
import type { Runtime } from "./runtime.js";
import { spareCores, startWasm, wasmBinary } from "./runtime-wasm.js";

type Open = Extract<ToWorker, { readonly kind: "open" }>;

export async function start(api: ApiClient, open: Open, progress: Progress, signal: AbortSignal): Promise<Loaded> {
  const runtime = startWasm(open.flags.noThreads);
  const waking = runtime.wake(); // beside all that is fetched
  const opening = openBundle(api, runtime, progress, signal);
  await Promise.allSettled([waking, opening]);
  const { manifest, fetched, models } = await opening; // where both failed, what could not be fetched says more
  await waking;
  await warmUp(models, progress);
  const { backend, threads } = runtime;
  const alone: Loaded = { manifest, models, backend, threads, release: () => release(models) };
  const loaded = open.options.backend === "webgpu" ? await onGpu(manifest, fetched, alone, signal) : alone;
  return loaded.backend === "wasm" ? withHelpers(loaded, fetched, open.flags) : loaded;
}

interface Opened {
  readonly manifest: Manifest;
  readonly fetched: Fetched;
  readonly models: Models;
}

async function openBundle(api: ApiClient, runtime: Runtime, progress: Progress, signal: AbortSignal): Promise<Opened> {
  const manifest = await api.bundle(signal);
  const fetched = fetchAll(api, manifest, { address: wasmBinary, size: WASM_BYTES }, progress, signal);
  return { manifest, fetched, models: await openModels(runtime, manifest, fetched) };
}

/** What every face passes through is shared with helpers; the detector looks at one picture at a time. */
async function withHelpers(loaded: Loaded, { files }: Fetched, flags: Flags): Promise<Loaded> {
  const { manifest, models } = loaded;
  const sides = [...deviceModels(manifest)].filter(([name]) => name !== manifest.detector.file);
  const helped = await Promise.all(sides.map(async ([name, side]) => ({ name, side, bytes: await files.get(name)! })));
  const helpers = new Helpers(helpersFor(flags), createHelper, helped);
  const share = (name: string, model: Model): Model => helpers.share(name, model, () => performance.now());
  const mesh = share(manifest.mesh.file, models.mesh);
  const primary = share(manifest.primary.file, models.primary);
  const { gate: alone } = models;
  const gate = alone === null || manifest.neutral_gate === null ? null : share(manifest.neutral_gate.model.file, alone);
  return {
    ...loaded,
    models: { detector: models.detector, mesh, primary, gate: alone === models.primary ? primary : gate },
    release: async () => {
      helpers.close();
      await loaded.release();
    },
  };
}

/**
 * This worker is one of those that the cores allow. With two cores one helper: camera and page take little of theirs
 * while masks wait for the models.
 */
function helpersFor({ noThreads }: Flags): number {
  const alone = noThreads || navigator.hardwareConcurrency < 2;
  return alone ? 0 : Math.max(1, spareCores() - 1);
}

function createHelper(): HelperPort {
  return new Worker(new URL("./helper.worker.ts", import.meta.url), { type: "module" });
}

/** The models on WebGPU when they prove themselves, else as they were. */
async function onGpu(manifest: Manifest, fetched: Fetched, known: Loaded, signal: AbortSignal): Promise<Loaded> {
  if (!(await hasGpu())) {
    return known;
  }
  const face = await fetchKnownFace(signal);
  const { startWebGpu } = await import("./runtime-webgpu.js");
  try {
    const models = await openModels(startWebGpu(), manifest, fetched);
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
