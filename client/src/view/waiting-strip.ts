/** `<dasa-waiting>`: which screenshots wait on this device, why, and what can be done about it. Empty where none do. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { signInAddress } from "../account/next.js";
import type { Waiting } from "../capture/controller.js";
import type { Entry, Trouble } from "../capture/records.js";
import { base, controls } from "../styles/shared.js";
import { t } from "../words/index.js";
import { icons } from "./icons.js";

export interface WaitingActions {
  readonly retry: () => void;
  readonly claim: () => void;
  readonly takeBack: () => void;
  readonly download: (entries: readonly Entry[]) => void;
  readonly discard: (entries: readonly Entry[]) => void;
}

export class DasaWaiting extends LitElement {
  static override readonly properties = { waiting: { attribute: false }, discarded: { attribute: false }, actions: { attribute: false } };
  declare waiting: Waiting | null;
  declare discarded: readonly Entry[];
  declare actions: WaitingActions | null;

  constructor() {
    super();
    this.waiting = null;
    this.discarded = [];
    this.actions = null;
  }

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
        min-inline-size: 0;
      }
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 var(--space-2);
        padding: var(--space-half) var(--space-2);
        border-block-end: 1px solid var(--rule);
        background: var(--warn-soft);
        color: var(--ink);
      }
      p {
        flex: 1 1 18rem;
        padding-block: var(--space-half);
        text-wrap: pretty;
      }
      span {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-half) var(--space-1);
        padding-block: var(--space-half);
      }
      button,
      .button {
        min-block-size: 2.25rem;
        padding-inline: var(--space-1);
      }
      @media (width < 48rem) {
        div {
          padding-inline: var(--space-1);
        }
      }
    `,
  ];

  protected override render(): TemplateResult | typeof nothing {
    const { waiting } = this;
    if (waiting === null) return nothing;
    const { mine, unclaimed, others } = waiting;
    if (mine.length + unclaimed.length + others.length + this.discarded.length === 0) return nothing;
    return html`<section aria-label=${t("waiting.title")}>
      ${mine.length > 0 ? this.#mine(waiting) : nothing}
      ${unclaimed.length > 0 ? this.#unclaimed(waiting) : nothing}
      ${others.length > 0 ? this.#others(waiting) : nothing}
      ${this.discarded.length > 0 ? this.#discarded() : nothing}
    </section>`;
  }

  #mine({ mine, pause, trying }: Waiting): TemplateResult {
    const trouble = pause?.trouble ?? mine.map(({ status }) => (status.kind === "waiting" ? status.trouble : null)).find((found) => found !== null);
    const seconds = Math.ceil(((pause?.until ?? 0) - Date.now()) / 1000);
    const next = seconds > 0 ? t("waiting.next", { n: seconds }) : "";
    const why = trying ? t("waiting.trying") : `${trouble === undefined ? "" : troubleText(trouble)} ${next}`;
    return row(
      "waiting",
      `${t("waiting.mine", { n: mine.length })} ${why}`.trim(),
      html`${trouble?.kind === "signIn" ? signIn() : nothing}
        ${trouble?.kind === "quota" ? html`<a class="button" href="gallery">${t("waiting.gallery")}</a>` : nothing}
        <button type="button" data-testid="waiting-retry" @click=${this.actions?.retry}>${t("action.retry")}</button>
        ${this.#both(mine)}`,
    );
  }

  #unclaimed({ unclaimed, owner }: Waiting): TemplateResult {
    return row(
      "unclaimed",
      t("waiting.unclaimed", { n: unclaimed.length }),
      html`<button type="button" data-testid="waiting-claim" @click=${this.actions?.claim}>${t("waiting.claim", { owner: owner ?? "" })}</button>
        ${this.#both(unclaimed)}`,
    );
  }

  /** They are none of the present account's business: they can be thrown away, and not be seen. */
  #others({ others, owner }: Waiting): TemplateResult {
    if (owner !== null) return row("others", t("waiting.others", { n: others.length }), this.#discard(others));
    return row("others", t("waiting.account", { n: others.length }), html`${signIn()}${this.#discard(others)}`);
  }

  #discarded(): TemplateResult {
    const uncertain = this.discarded.some((entry) => entry.uncertain);
    const text = t("waiting.discarded", { n: this.discarded.length }) + (uncertain ? ` ${t("waiting.uncertain")}` : "");
    return row(
      "discarded",
      text,
      html`<button type="button" data-testid="waiting-undo" @click=${this.actions?.takeBack}>${t("capture.undo")}</button>
        ${uncertain ? html`<a class="button" href="gallery">${t("waiting.gallery")}</a>` : nothing}`,
    );
  }

  #both(entries: readonly Entry[]): TemplateResult {
    return html`<button type="button" data-testid="waiting-download" @click=${() => this.actions?.download(entries)}>
        ${icons.download}${t("waiting.download")}
      </button>
      ${this.#discard(entries)}`;
  }

  #discard(entries: readonly Entry[]): TemplateResult {
    return html`<button type="button" data-testid="waiting-discard" @click=${() => this.actions?.discard(entries)}>${t("waiting.discard")}</button>`;
  }
}

function row(id: string, text: string, actions: TemplateResult): TemplateResult {
  return html`<div data-testid=${id}>
    <p class="figures">${text}</p>
    <span>${actions}</span>
  </div>`;
}

function signIn(): TemplateResult {
  return html`<a class="button primary" href=${signInAddress(location.href)}>${t("waiting.signIn")}</a>`;
}

/** Why a picture is not on the server, in words. */
export function troubleText(trouble: Trouble): string {
  return trouble.kind === "refused" ? t("trouble.upload.refused", { detail: trouble.detail }) : t(`trouble.upload.${trouble.kind}`);
}

customElements.define("dasa-waiting", DasaWaiting);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-waiting": DasaWaiting;
  }
}
