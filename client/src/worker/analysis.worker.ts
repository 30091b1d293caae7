/** The worker's door: messages in, messages out. */
import { Analysis } from "./analysis.js";
import type { FromWorker, ToWorker } from "./messages.js";
import { start } from "./start.js";

const analysis = new Analysis((message: FromWorker, transfer: Transferable[] = []) => {
  self.postMessage(message, { transfer });
}, start);

self.addEventListener("message", (event: MessageEvent<ToWorker>) => {
  analysis.handle(event.data);
});
