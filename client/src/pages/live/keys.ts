/** Single-key shortcuts: never while text is typed, a dialog is open or a modifier is held. */

export type Shortcut = "capture" | "countdown" | "undo" | "pause" | "mode" | "event" | "gallery" | "help";

const keys: Readonly<Record<string, Shortcut>> = {
  " ": "capture", t: "countdown", u: "undo", p: "pause", m: "mode", e: "event", g: "gallery", "?": "help",
};

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "repeat" | "defaultPrevented">;

/** What a key press asks for; null: nothing. `path` is the event's composed path. */
export function shortcutOf(press: Press, path: readonly EventTarget[]): Shortcut | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat || press.defaultPrevented) return null;
  if (path.some(takesText) || (press.key === " " && path.some(takesSpace))) return null;
  return keys[press.key.toLowerCase()] ?? null;
}

function takesText(target: EventTarget): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLDialogElement || target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Space presses a button and scrolls a list: it belongs to whatever has the focus. */
function takesSpace(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.tabIndex >= 0;
}
