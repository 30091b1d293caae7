/** The live page starts here. */
import "../styles/page.css";
import { t } from "../words/index.js";
import { parseFlags } from "./live/flags.js";
import { DasaLive } from "./live/live-page.js";

document.title = t("page.title", { page: t("page.live") });
document.body.append(
  new DasaLive({
    createWorker: () => new Worker(new URL("../worker/analysis.worker.ts", import.meta.url), { type: "module" }),
    createEncoder: () => new Worker(new URL("../worker/picture.worker.ts", import.meta.url), { type: "module" }),
    base: new URL(".", document.baseURI).href,
    flags: parseFlags(location.search),
  }),
);
