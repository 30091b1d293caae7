/** The live page on the synthetic worker: for looking, never shipped. */
import "../../../src/styles/page.css";
import { parseFlags } from "../../../src/pages/live/flags.js";
import { DasaLive } from "../../../src/pages/live/live-page.js";

document.body.append(
  new DasaLive({
    createWorker: () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
    createEncoder: () => new Worker(new URL("../../../src/worker/picture.worker.ts", import.meta.url), { type: "module" }),
    base: location.href, // the worker reads what to play from the query
    flags: parseFlags(location.search),
  }),
);
