/**
 * `<dasa-notice>`: the card before the camera. Says what happens before it happens; asks nothing else.
 *
 * Fires `start` and `file`.
 */
import { css, html, LitElement, type TemplateResult } from "lit";
import { base, controls } from "../styles/shared.js";
import { t } from "../words/index.js";
import { icons } from "./icons.js";
import { MAX_FACES } from "./settings.js";

export class DasaNotice extends LitElement {
  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
        max-inline-size: 42rem;
        padding: var(--space-3);
        border-radius: var(--radius-large);
        background: var(--surface);
        color: var(--ink);
      }
      h1 {
        font-size: var(--text-large);
      }
      .lead {
        margin-block: var(--space-1) var(--space-2);
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr));
        gap: var(--space-2) var(--space-3);
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0 var(--space-1);
        align-content: start;
      }
      li svg {
        color: var(--accent);
      }
      li p {
        grid-column: 2;
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-1) var(--space-2);
        margin-block-start: var(--space-3);
      }
      .more {
        margin-block-start: var(--space-2);
        font-size: var(--text-small);
      }
      .link {
        border-color: transparent;
        background: none;
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
      @media (width < 48rem) {
        :host {
          padding: var(--space-2);
        }
        .actions {
          margin-block-start: var(--space-2);
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`
      <h1>${t("notice.title")}</h1>
      <p class="lead">${t("notice.lead", { n: MAX_FACES })}</p>
      <ul>
        <li>${icons.shield}<h2>${t("notice.device.title")}</h2><p>${t("notice.device.text")}</p></li>
        <li>${icons.server}<h2>${t("notice.server.title")}</h2><p>${t("notice.server.text")}</p></li>
        <li>${icons.mask}<h2>${t("notice.feelings.title")}</h2><p>${t("notice.feelings.text")}</p></li>
        <li>${icons.forbid}<h2>${t("notice.never.title")}</h2><p>${t("notice.never.text")}</p></li>
      </ul>
      <div class="actions">
        <button type="button" class="primary" data-testid="start" @click=${() => { this.#fire("start"); }}>
          ${icons.camera}${t("notice.start")}
        </button>
        <button type="button" class="link" data-testid="use-file" @click=${() => { this.#fire("file"); }}>${t("notice.file")}</button>
      </div>
      <p class="more"><a href="about">${t("notice.more")}</a></p>
    `;
  }

  #fire(name: "start" | "file"): void {
    this.dispatchEvent(new CustomEvent(name));
  }
}

customElements.define("dasa-notice", DasaNotice);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-notice": DasaNotice;
  }
}
