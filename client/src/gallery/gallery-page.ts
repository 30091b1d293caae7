/** `<dasa-gallery>`: says how many screenshots are kept, and the way to them and to the live page. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { ApiClient } from "../api/client.js";
import { ProblemError, UnreachableError } from "../api/problems.js";
import { reading } from "../styles/reading.js";
import { base, controls } from "../styles/shared.js";
import "../view/header.js";
import { t } from "../words/index.js";

type Kept = { readonly count: number } | { readonly trouble: string } | null; // null: not known yet

export class DasaGallery extends LitElement {
  static override readonly properties = { kept: { state: true } };
  declare kept: Kept;

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

  constructor() {
    super();
    this.kept = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#count();
  }

  protected override render(): TemplateResult {
    return html`
      <dasa-header page="gallery" @skip=${() => { this.renderRoot.querySelector("main")?.focus(); }}></dasa-header>
      <main tabindex="-1">
        <h1>${t("gallery.title")}</h1>
        <div class="empty" data-testid="empty">
          <p role="status">${this.#words()}</p>
          ${this.kept !== null && "count" in this.kept && this.kept.count > 0
            ? html`<p><a href="docs">${t("gallery.api")}</a></p>`
            : nothing}
          <a class="button primary" href="./">${t("gallery.live")}</a>
        </div>
      </main>
    `;
  }

  #words(): string {
    if (this.kept === null) return t("gallery.asking");
    if ("trouble" in this.kept) return t("gallery.trouble", { detail: this.kept.trouble });
    return this.kept.count === 0 ? t("gallery.empty") : t("gallery.kept", { n: this.kept.count });
  }

  async #count(): Promise<void> {
    try {
      const answer = await new ApiClient(document.baseURI).call("screenshots/totals");
      this.kept = (await answer.json()) as { count: number };
    } catch (error) {
      if (!(error instanceof ProblemError || error instanceof UnreachableError)) throw error;
      this.kept = { trouble: error.message };
    }
  }
}

customElements.define("dasa-gallery", DasaGallery);
