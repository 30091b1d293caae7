/** Tells how each screenshot fares, from what the queue and the server say about it. */
import { ProblemError, UnreachableError } from "../api/problems.js";
import { t } from "../words/index.js";
import type { Entry, Status } from "./records.js";
import { ToastList, type Toast, type ToastStatus } from "./toasts.js";

export interface NoticesSetup {
  /** Says it to screen readers. */
  readonly say: (text: string) => void;
  /** Nothing is to be told about this picture any more. */
  readonly settle: (key: string) => void;
  readonly onChange: () => void;
}

const ARRIVED = "arrived"; // the key of the notice about pictures that had waited

export class Notices {
  readonly #list = new ToastList((removed) => { this.#onChange(removed); });
  readonly #quiet = new Set<string>(); // dismissed while they were sent: nothing new when they get there

  constructor(private readonly setup: NoticesSetup) {}

  get toasts(): readonly Toast[] {
    return this.#list.items;
  }

  get(key: string): Toast | undefined {
    return this.#list.get(key);
  }

  /** A screenshot was taken. */
  begin(key: string): void {
    this.#list.set(key, {});
  }

  picture(key: string, thumbnail: Blob): void {
    if (this.#list.get(key) !== undefined) this.#list.set(key, { thumbnail: URL.createObjectURL(thumbnail) });
  }

  /** It could not be encoded. */
  failed(key: string): void {
    this.#list.set(key, { status: { kind: "failed" } });
    this.setup.say(t("capture.failed"));
    this.#list.leaveLater(key, true);
  }

  /** Takes in how a picture of the queue fares. */
  follow({ picture: { key }, status, kept }: Entry): void {
    const toast = this.#list.get(key);
    if (toast === undefined) {
      if (status.kind === "saved" || status.kind === "gone") this.#arrived(key, status.kind);
      return;
    }
    if (toast.kept !== kept) this.#list.set(key, { kept });
    if (isOnItsWay(toast.status) && toast.status !== status) this.#change(toast, status);
  }

  /** Has the server do something about a screenshot, and tells what came of it. */
  async ask(key: string, call: () => Promise<readonly string[]>, then: Extract<ToastStatus, { kind: "deleted" | "restored" }>): Promise<void> {
    this.#list.set(key, { busy: true, problem: "" });
    this.#list.leaveLater(key, false);
    let problem = "";
    try {
      if ((await call()).length === 0) problem = t("capture.tooLate");
    } catch (error) {
      if (!(error instanceof ProblemError || error instanceof UnreachableError)) throw error;
      problem = t("capture.notDone", { detail: error.message });
    }
    if (this.#list.get(key) === undefined) return; // dismissed meanwhile
    this.#list.set(key, problem === "" ? { busy: false, status: then } : { busy: false, problem });
    this.setup.say(problem === "" ? t(`capture.${then.kind}`) : problem);
    this.#list.leaveLater(key, true);
  }

  dismiss(key: string): void {
    this.#list.remove(key);
  }

  /** The pointer or the focus is on a notice, or is not any more. */
  hold(held: boolean): void {
    this.#list.hold(held);
  }

  close(): void {
    this.#list.close();
  }

  #change(toast: Toast, status: Status): void {
    const { key } = toast;
    this.#list.set(key, { status });
    if (status.kind === toast.status.kind) return;
    if (status.kind === "gone") this.#list.remove(key);
    if (status.kind === "saved") this.setup.say(t("capture.saved.said"));
    if (status.kind === "waiting") this.setup.say(t("capture.waits.said"));
    if (status.kind !== "gone") this.#list.leaveLater(key, status.kind === "saved" || status.kind === "waiting");
  }

  /** A picture from an earlier visit, or one whose notice has left. */
  #arrived(key: string, kind: "saved" | "gone"): void {
    queueMicrotask(() => { this.setup.settle(key); }); // the queue is in the middle of telling
    if (kind === "gone" || this.#quiet.delete(key)) return;
    const before = this.#list.get(ARRIVED)?.status;
    const count = 1 + (before?.kind === "arrived" ? before.count : 0);
    this.#list.set(ARRIVED, { status: { kind: "arrived", count } });
    this.#list.leaveLater(ARRIVED, true);
    this.setup.say(t("waiting.arrived", { n: count }));
  }

  #onChange(removed: Toast | null): void {
    if (removed !== null) {
      const { key, status } = removed;
      if (isOnItsWay(status) && status.kind !== "waiting") this.#quiet.add(key);
      this.setup.settle(key);
    }
    this.setup.onChange();
  }
}

function isOnItsWay({ kind }: ToastStatus): boolean {
  return kind === "encoding" || kind === "queued" || kind === "sending" || kind === "waiting";
}
