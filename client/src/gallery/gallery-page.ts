/** `<dasa-gallery>`: the kept screenshots; without any, one sentence and the way to the live page. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { reading } from "../styles/reading.js";
import { base, controls } from "../styles/shared.js";
import "../view/header.js";
import { t } from "../words/index.js";

export class DasaGallery extends LitElement {
  static override readonly styles = [
    base,
    controls,
    reading,
    css`
      .empty {
        display: grid;
        justify-items: start;
        gap: var(--space-2);
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`
      <dasa-header page="gallery" @skip=${() => { this.renderRoot.querySelector("main")?.focus(); }}></dasa-header>
      <main tabindex="-1">
        <h1>${t("gallery.title")}</h1>
        <div class="empty" data-testid="empty">
          <p>${t("gallery.empty")}</p>
          <a class="button primary" href="./">${t("gallery.live")}</a>
        </div>
      </main>
    `;
  }
}

customElements.define("dasa-gallery", DasaGallery);
