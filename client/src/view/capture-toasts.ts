/**
 * `<dasa-capture-toasts>`: a notice per screenshot with its small picture, what became of it, undo and the way to the
 * gallery. The newest is lowest, next to the button; of many, the last three are shown. Takes no focus.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Toast } from "../capture/toasts.js";
import { base, controls } from "../styles/shared.js";
import { t } from "../words/index.js";
import { icons } from "./icons.js";
import { troubleText } from "./waiting-strip.js";

export interface ToastActions {
  readonly undo: (key: string) => void;
  readonly restore: (key: string) => void;
  readonly dismiss: (key: string) => void;
  readonly downloadOne: (key: string) => void;
  readonly hold: (held: boolean) => void;
}

const MOST = 3;

export class DasaCaptureToasts extends LitElement {
  static override readonly properties = { toasts: { attribute: false }, actions: { attribute: false } };
  declare toasts: readonly Toast[];
  declare actions: ToastActions | null;
  #pointer = false;
  #leaving = false; // the notice that has the focus is about to go

  constructor() {
    super();
    this.toasts = [];
    this.actions = null;
  }

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: grid;
        justify-items: end;
        gap: var(--space-1);
        pointer-events: none;
      }
      ul {
        display: grid;
        gap: var(--space-1);
        inline-size: min(22rem, 100%);
      }
      li,
      .older {
        border: 1px solid var(--rule);
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--ink);
        box-shadow: var(--shadow);
        pointer-events: auto;
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: 0 var(--space-1);
        padding: var(--space-half);
      }
      .older {
        padding: var(--space-half) var(--space-2);
        font-size: var(--text-small);
      }
      .picture {
        display: grid;
        place-items: center;
        align-self: start;
        inline-size: 4rem;
        block-size: 3rem;
        overflow: hidden;
        border-radius: calc(var(--radius) - 0.125rem);
        background: var(--raised);
      }
      .picture img {
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
      }
      a.picture:focus-visible {
        outline-offset: 0;
      }
      .title {
        font-weight: 600;
        line-height: 1.25;
      }
      .text > .small {
        line-height: 1.3;
        text-wrap: pretty;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0 var(--space-1);
        margin-inline-start: calc(-1 * var(--space-half));
      }
      .acts > * {
        display: inline-flex;
        align-items: center;
        min-block-size: 2rem;
        min-inline-size: 2rem;
        padding: 0 var(--space-half);
        border: 0;
        background: transparent;
        color: var(--accent);
        font-size: var(--text-small);
        font-weight: 600;
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
      .close {
        align-self: start;
        padding: 0;
      }
      progress {
        display: block;
        inline-size: 100%;
        block-size: 0.375rem;
        margin-block: var(--space-1);
        accent-color: var(--accent);
      }
      @media (prefers-reduced-motion: no-preference) {
        li {
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

  protected override render(): TemplateResult | typeof nothing {
    if (this.toasts.length === 0) return nothing;
    const older = this.toasts.length - MOST;
    return html`${older > 0 ? html`<p class="older"><a href="gallery">${t("capture.older", { n: older })}</a></p>` : nothing}
      <ul aria-label=${t("capture.notices")} @pointerenter=${() => { this.#point(true); }} @pointerleave=${() => { this.#point(false); }}
        @focusin=${this.#look} @focusout=${this.#look}>
        ${repeat(this.toasts.slice(-MOST), ({ key }) => key, (toast) => this.#toast(toast))}
      </ul>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("toasts")) return;
    if (this.toasts.length === 0) this.#pointer = false; // it left with what it was on
    if (!this.#leaving) return;
    this.#leaving = false;
    const next = this.renderRoot.querySelector<HTMLElement>("li:last-child .close");
    if (next === null) this.dispatchEvent(new CustomEvent("left"));
    else next.focus();
    this.#look();
  }

  #toast(toast: Toast): TemplateResult {
    const { key, status, problem } = toast;
    const { title, detail } = words(toast);
    return html`<li data-testid="toast" data-status=${status.kind} data-key=${key} data-id=${"id" in status ? status.id : nothing}>
      ${picture(toast)}
      <div class="text">
        <p class="title">${title}</p>
        ${status.kind === "sending" && status.share < 1
          ? html`<progress aria-label=${t("capture.sent")} max="1" value=${status.share}></progress>`
          : nothing}
        ${detail === "" && problem === "" ? nothing : html`<p class="small soft">${problem === "" ? detail : problem}</p>`}
        <div class="acts">${this.#acts(toast)}</div>
      </div>
      <button type="button" class="plain close" data-testid="toast-close" aria-label=${t("action.close")} @click=${() => { this.#close(key); }}>
        ${icons.close}
      </button>
    </li>`;
  }

  #acts({ key, status, kept, busy }: Toast): TemplateResult {
    const act = (id: string, text: string, run: (() => void) | undefined): TemplateResult =>
      html`<button type="button" data-testid=${id} ?disabled=${busy} @click=${run}>${text}</button>`;
    const undo = act("toast-undo", t("capture.undo"), () => this.actions?.undo(key));
    switch (status.kind) {
      case "saved":
      case "restored":
        return html`${undo}<a data-testid="toast-show" href=${`gallery?open=${status.id}`}>${t("capture.show")}</a>`;
      case "deleted":
        return act("toast-restore", t("capture.restore"), () => this.actions?.restore(key));
      case "waiting":
        return html`${undo}${kept === "yes" ? nothing : act("toast-download", t("waiting.download"), () => this.actions?.downloadOne(key))}`;
      case "arrived":
        return html`<a href="gallery">${t("waiting.gallery")}</a>`;
      case "encoding":
      case "queued":
      case "sending":
        return undo;
      case "failed":
      case "gone":
        return html``;
      default:
        return status satisfies never;
    }
  }

  #point(on: boolean): void {
    this.#pointer = on;
    this.#look();
  }

  /** Nothing leaves while somebody looks at it; asked again once the focus has arrived where it goes. */
  readonly #look = (): void => {
    queueMicrotask(() => { this.actions?.hold(this.#pointer || this.matches(":focus-within")); });
  };

  /** The focus moves on from the notice that is closed: to the next one, or back to where they come from. */
  #close(key: string): void {
    this.#leaving = true;
    this.actions?.dismiss(key);
  }
}

function picture({ thumbnail, status }: Toast): TemplateResult {
  const image = thumbnail === null ? icons.camera : html`<img src=${thumbnail} alt=${t("capture.thumbnail")} />`;
  const shown = status.kind === "saved" || status.kind === "restored";
  // The link in words beside it leads to the same place: one stop for the keyboard is enough.
  return shown ? html`<a class="picture" href=${`gallery?open=${status.id}`} tabindex="-1" aria-hidden="true">${image}</a>` : html`<span class="picture">${image}</span>`;
}

function words({ status, kept }: Toast): { readonly title: string; readonly detail: string } {
  switch (status.kind) {
    case "encoding":
      return { title: t("capture.writing"), detail: "" };
    case "queued":
    case "sending":
      return { title: t("capture.sending"), detail: "" };
    case "waiting": {
      if (kept !== "full" && kept !== "blocked") return { title: t("capture.waits"), detail: "" }; // the strip says why
      return { title: t("capture.unsaved"), detail: `${troubleText(status.trouble)} ${t(`capture.unkept.${kept}`)}` };
    }
    case "saved":
      return { title: t("capture.saved"), detail: "" };
    case "deleted":
      return { title: t("capture.deleted"), detail: "" };
    case "restored":
      return { title: t("capture.restored"), detail: "" };
    case "arrived":
      return { title: t("waiting.arrived", { n: status.count }), detail: "" };
    case "failed":
      return { title: t("capture.failed"), detail: "" };
    case "gone":
      return { title: t("capture.tooLate"), detail: "" };
    default:
      return status satisfies never;
  }
}

customElements.define("dasa-capture-toasts", DasaCaptureToasts);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-capture-toasts": DasaCaptureToasts;
  }
}
