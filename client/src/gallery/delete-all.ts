/** `<dasa-delete-all>`: the one question before everything is deleted. Fires `agree`. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { base, controls, sheets } from "../styles/shared.js";
import { icons } from "../view/icons.js";
import { t } from "../words/index.js";

export class DasaDeleteAll extends LitElement {
  static override readonly properties = { count: { type: Number }, undoSeconds: { type: Number } };
  declare count: number;
  declare undoSeconds: number;

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
      .grave {
        border-color: var(--live);
        color: var(--live);
      }
    `,
  ];

  constructor() {
    super();
    this.count = 0;
    this.undoSeconds = 0;
  }

  show(): void {
    this.#dialog.showModal();
  }

  protected override render(): TemplateResult {
    const seconds = t("gallery.seconds", { n: this.undoSeconds });
    return html`<dialog class="card" aria-labelledby="title" aria-describedby="text">
      <div class="sheet-head">
        <h2 id="title">${t("gallery.deleteAll.title")}</h2>
        <button type="button" class="plain" aria-label=${t("action.close")} @click=${this.#close}>${icons.close}</button>
      </div>
      <div class="sheet-body">
        <p id="text">${t("gallery.deleteAll.text", { n: this.count, seconds })}</p>
        <div class="actions">
          <button type="button" autofocus @click=${this.#close}>${t("action.cancel")}</button>
          <button type="button" class="grave" data-testid="delete-all-agree" @click=${this.#agree}>
            ${t("gallery.deleteAll.confirm", { n: this.count })}
          </button>
        </div>
      </div>
    </dialog>`;
  }

  get #dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector("dialog")!;
  }

  readonly #close = (): void => {
    this.#dialog.close();
  };

  readonly #agree = (): void => {
    this.#close();
    this.dispatchEvent(new CustomEvent("agree"));
  };
}

customElements.define("dasa-delete-all", DasaDeleteAll);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-delete-all": DasaDeleteAll;
  }
}
