/** Speaks the worker's messages without models: synthetic people, for looking at the page. */
import type { Manifest } from "../../../src/generated/manifest.js";
import type { FromWorker, ToWorker } from "../../../src/worker/messages.js";
import { basic7, emo135, manifestOf } from "../manifest.js";
import { personOf } from "../people.js";

let query = new URLSearchParams();

const send = (message: FromWorker, transfer: Transferable[] = []): void => {
  postMessage(message, { transfer });
};

const manifestNow = (): Manifest => manifestOf(query.get("taxonomy") === "emo135" ? emo135 : basic7);

function open(): void {
  if (query.has("fail")) {
    send({ kind: "failed", code: "download", detail: "HTTP 503", fatal: true });
    return;
  }
  send({ kind: "loading", what: "models", loaded: 2_400_000, total: 7_300_000 });
  if (query.has("stuck")) return;
  send({ kind: "ready", manifest: manifestNow(), backend: "wasm", threads: 2 });
  if (query.has("slow")) send({ kind: "server", state: "trouble", trouble: "slow", retryInSeconds: 8 });
}

function read(message: Extract<ToWorker, { kind: "frame" }>): void {
  const { frame, index, time } = message;
  const manifest = manifestNow();
  const count = Number(query.get("people") ?? "3");
  const classes = manifest.taxonomy.primaries.map((p) => p.id);
  const shown = [...classes, ...(manifest.neutral_gate === null ? [] : ["neutral"]), "unsure"];
  const width = "displayWidth" in frame ? frame.displayWidth : frame.width;
  const height = "displayHeight" in frame ? frame.displayHeight : frame.height;
  const columns = Math.ceil(Math.sqrt(count * 1.6));
  const rows = Math.ceil(count / columns);
  const people = Array.from({ length: count }, (_, i) => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const sway = Math.sin(time + i) * 0.02 * width;
    const pose = {
      id: i + 1, x: ((column + 0.5) / columns) * width + sway, y: ((row + 0.55) / rows) * height,
      height: Math.min((0.55 * height) / rows, (0.9 * width) / columns),
    };
    const name = shown[(i + Math.floor((time + i * 3) / 7)) % shown.length]!;
    return personOf(pose, name, 0.55 + 0.4 * Math.abs(Math.sin(time / 3 + i)), classes);
  });
  send(
    {
      kind: "result", frame, index, time, width, height, people,
      hints: { dark: query.has("dark"), tooSmall: query.has("far") ? 1 : 0, beyondLimit: query.has("beyond") ? 1 : 0 },
      timing: { copy: 2.1, detect: index % 5 === 0 ? 11 : null, landmarks: 18.4, crops: 1.2, emotion: 6.3, server: null, total: 31 },
    },
    [frame],
  );
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "open") {
    query = new URL(data.base).searchParams;
    open();
  }
  if (data.kind === "frame") setTimeout(() => { read(data); }, 60);
});
