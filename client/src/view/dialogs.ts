/** `<dasa-consent>`: the one question before server mode is first used; `<dasa-help>`: the keys. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { base, controls, sheets } from "../styles/shared.js";
import { t } from "../words/index.js";
import { COUNTDOWN_SECONDS } from "../capture/countdown.js";
import { icons } from "./icons.js";

abstract class Card extends LitElement {
  static override readonly styles = [
    base,
    controls,
    sheets,
    css`
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
        justify-content: end;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: var(--space-1) var(--space-2);
        align-items: center;
      }
      kbd {
        display: inline-block;
        min-inline-size: 2rem;
        padding: 0.125rem var(--space-1);
        border: 1px solid var(--edge);
        border-radius: 0.25rem;
        font: inherit;
        text-align: center;
      }
    `,
  ];

  show(): void {
    this.dialog.showModal();
  }

  protected get dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector("dialog")!;
  }

  protected readonly close = (): void => {
    this.dialog.close();
  };

  protected card(title: string, body: TemplateResult): TemplateResult {
    return html`<dialog class="card" aria-labelledby="title">
      <div class="sheet-head">
        <h2 id="title">${title}</h2>
        <button type="button" class="plain" aria-label=${t("action.close")} @click=${this.close}>${icons.close}</button>
      </div>
      <div class="sheet-body">${body}</div>
    </dialog>`;
  }
}

/** Fires `agree`. */
export class DasaConsent extends Card {
  protected override render(): TemplateResult {
    return this.card(
      t("consent.title"),
      html`<p>${t("consent.text", { host: location.host })}</p>
        <p>${t("consent.others")}</p>
        <div class="actions">
          <button type="button" @click=${this.close}>${t("action.cancel")}</button>
          <button type="button" class="primary" data-testid="agree" @click=${this.#agree}>${t("consent.agree")}</button>
        </div>`,
    );
  }

  readonly #agree = (): void => {
    this.close();
    this.dispatchEvent(new CustomEvent("agree"));
  };
}

export class DasaHelp extends Card {
  static override readonly properties = { shortcuts: { type: Boolean } };
  declare shortcuts: boolean;

  constructor() {
    super();
    this.shortcuts = true;
  }

  protected override render(): TemplateResult {
    const keys = [
      [t("help.space"), t("help.capture")],
      ["T", t("help.countdown", { n: COUNTDOWN_SECONDS })],
      ["U", t("help.undo")],
      ["P", t("help.pause")],
      ["M", t("help.mode")],
      ["E", t("help.event")],
      ["G", t("help.gallery")],
      ["?", t("help.help")],
    ] as const;
    return this.card(
      t("help.title"),
      html`<dl>${keys.map(([key, words]) => html`<dt><kbd>${key}</kbd></dt><dd>${words}</dd>`)}</dl>
        ${this.shortcuts ? null : html`<p class="soft">${t("help.off")}</p>`}`,
    );
  }
}

customElements.define("dasa-consent", DasaConsent);
customElements.define("dasa-help", DasaHelp);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-consent": DasaConsent;
    "dasa-help": DasaHelp;
  }
}
