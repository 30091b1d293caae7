/** `<dasa-header>`: name, pages, and what a page puts at its end. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { base, controls } from "../styles/shared.js";
import { t, type Key } from "../words/index.js";
import "./who.js";

export type PageName = "live" | "gallery" | "about" | "docs" | "account";

const pages: readonly { readonly name: PageName; readonly href: string; readonly words: Key & `page.${Exclude<PageName, "account">}` }[] = [
  { name: "live", href: "./", words: "page.live" },
  { name: "gallery", href: "gallery", words: "page.gallery" },
  { name: "about", href: "about", words: "page.about" },
  { name: "docs", href: "docs", words: "page.docs" },
];

export class DasaHeader extends LitElement {
  static override readonly properties = { page: { type: String } };
  declare page: PageName;

  constructor() {
    super();
    this.page = "live";
  }

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
        border-block-end: 1px solid var(--rule);
        background: var(--surface);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-half) var(--space-2);
        min-block-size: 3.5rem;
        padding: var(--space-half) var(--space-2);
      }
      .name {
        display: inline-flex;
        align-items: center;
        gap: var(--space-1);
        color: var(--ink);
        font-size: var(--text-large);
        font-weight: 700;
        letter-spacing: 0.04em;
        text-decoration: none;
      }
      .name svg {
        inline-size: 1.75rem;
        block-size: 1.75rem;
      }
      .skip {
        position: absolute;
        z-index: 10;
        inset: var(--space-half) auto auto var(--space-half);
      }
      .skip:not(:focus) {
        inline-size: 1px;
        block-size: 1px;
        min-block-size: 0;
        min-inline-size: 0;
        overflow: hidden;
        padding: 0;
        clip-path: inset(50%);
      }
      nav ul {
        display: flex;
        flex-wrap: wrap;
      }
      nav a {
        display: inline-flex;
        align-items: center;
        min-block-size: var(--target);
        padding-inline: var(--space-1);
        border-block-end: 0.125rem solid transparent;
        color: var(--ink-soft);
        text-decoration: none;
      }
      nav a:hover {
        color: var(--ink);
      }
      nav a[aria-current] {
        border-color: var(--accent);
        color: var(--ink);
        font-weight: 600;
      }
      @media (forced-colors: active) {
        nav a:not([aria-current]) {
          border-color: Canvas;
        }
      }
      .end {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-half) var(--space-2);
        margin-inline-start: auto;
      }
      dasa-who {
        order: 1; /* after what the page puts at the end; on narrow screens beside the pages */
      }
      @media (width < 48rem) {
        .end {
          order: 2;
        }
        dasa-who {
          margin-inline-start: auto;
        }
        header {
          gap: 0 var(--space-1);
          padding-inline: var(--space-1);
        }
        nav a {
          padding-inline: var(--space-half);
          font-size: var(--text-small);
        }
        .name svg {
          display: none;
        }
        nav ul {
          gap: 0.125rem;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`
      <header>
        <a class="skip button" href="#main" @click=${this.#skip}>${t("app.skip")}</a>
        <a class="name" href="./">${logo}${t("app.name")}</a>
        <nav aria-label=${t("page.navigation")}>
          <ul>
            ${pages.map(
              ({ name, href, words }) =>
                html`<li><a href=${href} aria-current=${name === this.page ? "page" : nothing}>${t(words)}</a></li>`,
            )}
          </ul>
        </nav>
        <div class="end"><slot></slot></div>
        <dasa-who ?quiet=${this.page === "account"}></dasa-who>
      </header>
    `;
  }

  /** The target lies in another shadow tree, where fragments do not reach. */
  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("skip"));
  };
}

const logo = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <path d="M6 4h20v12c0 7-5 11-10 13C11 27 6 23 6 16z" fill="var(--accent)" />
  <circle cx="11.5" cy="13" r="2.25" fill="var(--surface)" />
  <circle cx="20.5" cy="13" r="2.25" fill="var(--surface)" />
  <path d="M10.5 19.5c3 3 8 3 11 0" fill="none" stroke="var(--surface)" stroke-width="2.25" stroke-linecap="round" />
</svg>`;

customElements.define("dasa-header", DasaHeader);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-header": DasaHeader;
  }
}
