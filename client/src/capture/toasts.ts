/** The notices about screenshots: what is said about each, and for how long. */
import type { Entry, Status } from "./records.js";
import { ToastClock } from "./toast-clock.js";

/** How a screenshot fares, and what became of it since. */
export type ToastStatus =
  | Status
  | { readonly kind: "encoding" }
  | { readonly kind: "failed" } // it could not be encoded
  | { readonly kind: "deleted" | "restored"; readonly id: string }
  | { readonly kind: "arrived"; readonly count: number }; // pictures that had waited

export interface Toast {
  readonly key: string;
  readonly thumbnail: string | null; // blob: address
  readonly status: ToastStatus;
  readonly kept: Entry["kept"];
  readonly busy: boolean; // the server is asked to delete or restore it
  readonly problem: string; // why that did not work; "": nothing went wrong
}

const fresh: Omit<Toast, "key"> = { thumbnail: null, status: { kind: "encoding" }, kept: "pending", busy: false, problem: "" };

export class ToastList {
  #items: readonly Toast[] = [];
  readonly #clock = new ToastClock((key) => { this.remove(key); });

  /** @param onChange `removed` is the notice that left, if one did */
  constructor(private readonly onChange: (removed: Toast | null) => void) {}

  /** Oldest first. */
  get items(): readonly Toast[] {
    return this.#items;
  }

  get(key: string): Toast | undefined {
    return this.#items.find((toast) => toast.key === key);
  }

  /** Changes a notice, or adds it. */
  set(key: string, part: Partial<Toast>): void {
    const known = this.get(key) !== undefined;
    this.#items = known ? this.#items.map((toast) => (toast.key === key ? { ...toast, ...part } : toast)) : [...this.#items, { ...fresh, key, ...part }];
    this.onChange(null);
  }

  /** It leaves after its time, counted from now; or stays until something changes. */
  leaveLater(key: string, later: boolean): void {
    if (later) this.#clock.start(key);
    else this.#clock.drop(key);
  }

  remove(key: string): void {
    this.#clock.drop(key);
    const toast = this.get(key);
    if (toast === undefined) return;
    if (toast.thumbnail !== null) URL.revokeObjectURL(toast.thumbnail);
    this.#items = this.#items.filter((other) => other !== toast);
    if (this.#items.length === 0) this.#clock.hold(false); // nothing is left to look at
    this.onChange(toast);
  }

  /** The pointer or the focus is on a notice, or is not any more. */
  hold(held: boolean): void {
    this.#clock.hold(held);
  }

  close(): void {
    this.#clock.close();
    for (const { thumbnail } of this.#items) if (thumbnail !== null) URL.revokeObjectURL(thumbnail);
    this.#items = [];
  }
}
