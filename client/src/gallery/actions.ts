/** What can be done with screenshots in the gallery, and what is said about it: delete, undo, download. */
import { ProblemError, UnreachableError } from "../api/problems.js";
import { type Library, MOST_IDS, parts } from "../api/library.js";
import type { DasaToasts } from "../view/toasts.js";
import { t } from "../words/index.js";
import type { Collection, Deleted } from "./collection.js";

const SHORT_S = 6;
const MARGIN_S = 1; // the way to the server: an undo at the last moment would come too late

export class Actions {
  constructor(
    private readonly collection: Collection,
    private readonly library: Library,
    private readonly toasts: DasaToasts,
    /** How long the server can bring back what was deleted. */
    private readonly undoSeconds: () => number,
  ) {}

  /** Deletes at once and offers to bring back. */
  async delete(ids: ReadonlySet<string>): Promise<void> {
    if (ids.size === 0) return;
    await this.#telling((detail) => t("gallery.notDeleted", { detail }), async () => {
      this.#offerUndo(await this.collection.delete(ids));
    });
  }

  async deleteAll(): Promise<void> {
    await this.#telling((detail) => t("gallery.notDeleted", { detail }), async () => {
      this.#offerUndo(await this.collection.deleteAll());
    });
  }

  /** Saves screenshots as ZIP files, as many as the server's limit needs. */
  async download(ids: readonly string[]): Promise<void> {
    const packing = t("gallery.packing", { n: ids.length });
    const stop = new AbortController();
    const done = this.toasts.show({
      text: packing, seconds: null, action: { words: t("action.cancel"), run: () => { stop.abort(); } },
    });
    try {
      for (const part of parts(ids, MOST_IDS)) {
        const { data, name } = await this.library.archive(part, stop.signal);
        saveAs(data, name);
      }
      this.toasts.show({ text: t("gallery.packed"), seconds: SHORT_S });
    } catch (error) {
      if (!stop.signal.aborted) this.#tell(t("gallery.notPacked", { detail: detailOf(error) }));
    } finally {
      done();
    }
  }

  #offerUndo(deleted: Deleted): void {
    if (deleted.count === 0) return;
    const seconds = Math.max(1, this.undoSeconds() - MARGIN_S);
    this.toasts.show({
      text: t("gallery.deleted", { n: deleted.count }),
      seconds,
      action: {
        words: t("gallery.undo"), undoes: true, run: () => { void this.#undo(deleted, Date.now() + 1000 * seconds); },
      },
      lapse: { seconds, text: t("gallery.deletedForGood") },
    });
  }

  async #undo(deleted: Deleted, until: number): Promise<void> {
    try {
      const back = await this.collection.restore(deleted);
      const missing = deleted.shots === null ? 0 : deleted.shots.length - back;
      this.#tell(missing > 0 ? t("gallery.notRestored", { n: missing }) : t("gallery.restored", { n: back }));
    } catch (error) {
      const text = t("gallery.undoFailed", { detail: detailOf(error) });
      const seconds = (until - Date.now()) / 1000;
      if (seconds <= 0) this.#tell(text);
      else {
        // Still possible: offered again for what is left of the time.
        const action = { words: t("action.retry"), run: () => { void this.#undo(deleted, until); } };
        this.toasts.show({ text, seconds, action, lapse: { seconds, text: t("gallery.deletedForGood") } });
      }
    }
  }

  async #telling(words: (detail: string) => string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#tell(words(detailOf(error)));
    }
  }

  #tell(text: string): void {
    this.toasts.show({ text, seconds: SHORT_S });
  }
}

/** What a server or the network says; anything else is a mistake of ours and goes on. */
function detailOf(error: unknown): string {
  if (error instanceof ProblemError || error instanceof UnreachableError) return error.message;
  throw error;
}

function saveAs(data: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 60_000); // the browser reads it a moment later
}
