/** Forced fallbacks, from the page's address: `?flags=noVideoFrame,noOffscreenCanvas,noThreads`. */
import type { Flags } from "../../worker/messages.js";

export function parseFlags(search: string): Flags {
  const names = new Set((new URLSearchParams(search).get("flags") ?? "").split(","));
  return {
    noVideoFrame: names.has("noVideoFrame"),
    noOffscreenCanvas: names.has("noOffscreenCanvas"),
    noThreads: names.has("noThreads"),
  };
}
