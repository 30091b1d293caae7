/** From the server's bundle to models that are ready to run, with progress on the way. */
import type { ApiClient } from "../api/client.js";
import type { Manifest } from "../generated/manifest.js";
import type { Model } from "../models.js";
import { download, fromCache, prefetch } from "./download.js";
import type { FromWorker } from "./messages.js";
import type { Models } from "./pipeline.js";
import type { Runtime } from "./runtime.js";

export type Progress = (message: Extract<FromWorker, { readonly kind: "loading" }>) => void;

/** A file of the runtime, and how long it is. */
export interface RuntimeFile {
  readonly address: string;
  readonly size: number; // bytes
}

/** Sides of the inputs of the device's models, by file. */
export function deviceModels(manifest: Manifest): ReadonlyMap<string, number> {
  const { detector, mesh, primary, neutral_gate: gate } = manifest;
  const models = [detector, mesh, primary, ...(gate === null ? [] : [gate.model])];
  return new Map(models.map(({ file, side }) => [file, side]));
}

/** What is on its way: each file of the models by name, and the runtime into the browser's cache. */
export interface Fetched {
  readonly files: ReadonlyMap<string, Promise<Uint8Array>>;
  readonly runtime: Promise<void>;
}

/**
 * Fetches the models and, beside them, the runtime into the browser's cache.
 *
 * Where the first model came out of that cache the runtime is there too: reading its megabytes twice would only
 * delay the first face. The promises fail with DownloadError.
 */
export function fetchAll(
  api: ApiClient,
  manifest: Manifest,
  runtime: RuntimeFile,
  progress: Progress,
  signal: AbortSignal,
): Fetched {
  const names = [...deviceModels(manifest).keys()];
  const wanted = names.map((name) => {
    const { size, sha256 } = manifest.files[name]!; // the schema checks that all are listed
    return { name, address: api.bundleFile(sha256, name), size, sha256 };
  });
  const runtimeBar = new Bar("runtime", runtime.size, progress);
  const modelBar = new Bar("models", wanted.reduce((sum, { size }) => sum + size, 0), progress);
  const files = new Map(wanted.map((file) => [file.name, download(file, modelBar.add, signal)]));
  const ready = files.get(names[0]!)!.then(async () => {
    if (!fromCache(wanted[0]!.address)) {
      await prefetch(runtime.address, runtimeBar.add, signal);
    }
  });
  return { files, runtime: ready };
}

/** Opens the models in a runtime as they come, one after the other: the first one starts the runtime. */
export async function openModels(runtime: Runtime, manifest: Manifest, fetched: Fetched): Promise<Models> {
  const open = new Map<string, Model>();
  // All at once: whichever fails first ends the wait, and none fails unheard.
  const opened = fetched.runtime.then(async () => {
    for (const [name, side] of deviceModels(manifest)) {
      open.set(name, await runtime.load(await fetched.files.get(name)!, side));
    }
  });
  await Promise.all([opened, ...fetched.files.values()]);
  return {
    detector: open.get(manifest.detector.file)!,
    mesh: open.get(manifest.mesh.file)!,
    primary: open.get(manifest.primary.file)!,
    gate: manifest.neutral_gate === null ? null : open.get(manifest.neutral_gate.model.file)!,
  };
}

/** The different models among these. */
export function each({ detector, mesh, primary, gate }: Models): Model[] {
  return [...new Set([detector, mesh, primary, ...(gate === null ? [] : [gate])])];
}

/** Runs every model once, so that the first frame finds memory and code in place. */
export async function warmUp(models: Models, progress: Progress): Promise<void> {
  const all = each(models);
  for (const [index, model] of all.entries()) {
    progress({ kind: "loading", what: "warming", loaded: index, total: all.length });
    await model.run(new Uint8Array(4 * model.side * model.side), 1);
  }
}

export async function release(models: Models): Promise<void> {
  await Promise.all(each(models).map((model) => model.release()));
}

/** Reports in whole percent, so that the page hears a hundred messages and not thousands. */
class Bar {
  private loaded = 0;
  private shown = -1;

  constructor(
    private readonly what: "runtime" | "models",
    private readonly total: number,
    private readonly progress: Progress,
  ) {}

  readonly add = (count: number): void => {
    this.loaded += count;
    const percent = Math.floor((100 * this.loaded) / this.total);
    if (percent !== this.shown) {
      this.shown = percent;
      this.progress({ kind: "loading", what: this.what, loaded: this.loaded, total: this.total });
    }
  };
}
