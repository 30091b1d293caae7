/**
 * `<dasa-toasts>`: short notices at the bottom of the page, some with something to do.
 *
 * A notice leaves when its time is over, or stays until it is dismissed; its time stands still while it has the
 * focus or the pointer. What is offered only for a while says so by `lapse`: then the offer goes at once, and the
 * notice with it unless it is being looked at.
 */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { base, controls } from "../styles/shared.js";
import { t } from "../words/index.js";
import { icons } from "./icons.js";

export interface Toast {
  readonly text: string;
  /** Seconds until it leaves; null: it stays. */
  readonly seconds: number | null;
  readonly action?: { readonly words: string; readonly run: () => void; readonly undoes?: boolean };
  /** Seconds after which the action cannot be done any more, and what is said then. */
  readonly lapse?: { readonly seconds: number; readonly text: string };
}

interface Shown {
  readonly id: number;
  toast: Toast;
  left: number; // seconds; Infinity: it stays
  lapsesIn: number;
}

const MOST = 4;
const TICK_MS = 250;

export class DasaToasts extends LitElement {
  static override readonly properties = { shown: { state: true }, said: { state: true } };
  declare shown: readonly Shown[];
  declare said: string;
  #last = 0;
  #timer = 0;

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        position: fixed;
        z-index: 200000; /* above the picture viewer */
        inset: auto 0 0;
        display: grid;
        justify-items: center;
        gap: var(--space-1);
        padding: var(--space-2);
        padding-block-end: max(var(--space-2), env(safe-area-inset-bottom));
        pointer-events: none;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: var(--space-half);
        max-inline-size: min(36rem, 100%);
        padding: var(--space-half) var(--space-half) var(--space-half) var(--space-2);
        border: 1px solid var(--rule);
        border-radius: var(--radius);
        background: var(--ink);
        color: var(--ground);
        box-shadow: var(--shadow);
        pointer-events: auto;
      }
      .toast p {
        flex: 1;
        padding-block: var(--space-half);
      }
      .toast button {
        border-color: transparent;
        background: transparent;
        color: inherit;
      }
      .toast button:hover {
        background: color-mix(in srgb, var(--ground) 16%, transparent);
      }
      .toast button.act {
        padding-inline: var(--space-1);
        font-weight: 700;
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
      .toast :focus-visible {
        outline-color: currentcolor;
        outline-offset: -0.1875rem;
      }
      @media (prefers-reduced-motion: no-preference) {
        .toast {
          animation: come 160ms ease-out;
        }
        @keyframes come {
          from {
            opacity: 0;
            transform: translateY(0.5rem);
          }
        }
      }
    `,
  ];

  constructor() {
    super();
    this.shown = [];
    this.said = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.role = "region"; // a place of its own to screen readers
    this.ariaLabel = t("gallery.notices");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#rest();
  }

  /** Shows a notice; returns what takes it away. */
  show(toast: Toast): () => void {
    const id = (this.#last += 1);
    const shown = { id, toast, left: toast.seconds ?? Infinity, lapsesIn: toast.lapse?.seconds ?? Infinity };
    this.shown = [...this.shown, shown].slice(-MOST);
    this.said = toast.text;
    if (this.#timer === 0) this.#timer = window.setInterval(() => { this.#tick(); }, TICK_MS);
    return () => { this.#remove(id); };
  }

  /** Undoes what the newest notice offers to undo; whether there was anything. */
  undoNewest(): boolean {
    const newest = this.shown.findLast(({ toast }) => toast.action?.undoes === true);
    if (newest === undefined) return false;
    this.#act(newest);
    return true;
  }

  protected override render(): TemplateResult {
    return html`
      <p class="hidden-text" role="status">${this.said}</p>
      ${repeat(
        this.shown,
        ({ id }) => id,
        (shown) => html`<div class="toast" data-id=${shown.id} data-testid="toast">
          <p>${shown.toast.text}</p>
          ${shown.toast.action === undefined
            ? nothing
            : html`<button type="button" class="act" data-testid="toast-action" @click=${() => { this.#act(shown); }}>
                ${shown.toast.action.words}
              </button>`}
          <button type="button" aria-label=${t("gallery.dismiss")} @click=${() => { this.#remove(shown.id); }}>${icons.close}</button>
        </div>`,
      )}
    `;
  }

  #act(shown: Shown): void {
    this.#remove(shown.id);
    shown.toast.action?.run();
  }

  #tick(): void {
    const seconds = TICK_MS / 1000;
    for (const shown of this.shown) {
      shown.lapsesIn -= seconds;
      const held = this.#isHeld(shown.id);
      if (!held) shown.left -= seconds;
      if (shown.lapsesIn <= 0) this.#lapse(shown, held);
      else if (shown.left <= 0) this.#remove(shown.id);
    }
  }

  #lapse(shown: Shown, held: boolean): void {
    if (!held) {
      this.#remove(shown.id);
      return;
    }
    shown.toast = { text: shown.toast.lapse?.text ?? shown.toast.text, seconds: null };
    shown.lapsesIn = Infinity;
    shown.left = Math.max(shown.left, 4);
    this.said = shown.toast.text;
    this.requestUpdate();
    void this.updateComplete.then(() => { this.#element(shown.id)?.querySelector("button")?.focus(); });
  }

  #isHeld(id: number): boolean {
    return this.#element(id)?.matches(":hover, :focus-within") === true;
  }

  #element(id: number): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`[data-id="${id}"]`);
  }

  #remove(id: number): void {
    const focused = this.#element(id)?.matches(":focus-within") === true;
    this.shown = this.shown.filter((shown) => shown.id !== id);
    if (this.shown.length === 0) this.#rest();
    if (focused) this.dispatchEvent(new CustomEvent("left")); // the focus needs a place
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}

customElements.define("dasa-toasts", DasaToasts);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-toasts": DasaToasts;
  }
}
