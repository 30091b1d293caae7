/** What the gallery shows where there are no tiles: waiting, nothing, trouble. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customProperties } from "../view/custom-properties.js";
import { t } from "../words/index.js";
import { type Columns, GAP } from "./layout.js";
import type { Trouble } from "./troubles.js";

/** Rows of tiles on their way, in the very places of those that will come. */
export function skeleton(columns: Columns, rows: number, heading: boolean): TemplateResult {
  return html`<div class="skeleton" aria-hidden="true" data-testid="skeleton" ${customProperties({
    "--columns": String(columns.count), "--gap": `${GAP}px`,
  })}>
    ${heading ? html`<div class="heading"><i></i></div>` : nothing}
    <div class="tiles">${Array.from({ length: rows * columns.count }, () => html`<i><b></b></i>`)}</div>
  </div>`;
}

/** One sentence, and the way to the first picture. */
export function empty(filtered: boolean, showAll: () => void): TemplateResult {
  return html`<div class="card" data-testid="empty">
    <p>${filtered ? t("gallery.empty.filter") : t("gallery.empty")}</p>
    ${filtered
      ? html`<button type="button" @click=${showAll}>${t("gallery.empty.all")}</button>`
      : html`<a class="button primary" href="./">${t("gallery.live")}</a>`}
  </div>`;
}

/** What is wrong, what is lost (nothing), and what is done about it. */
export function troubleCard(
  trouble: Trouble, retryIn: number | null, signInAddress: string, retry: () => void,
): TemplateResult {
  const { kind, detail } = trouble;
  const text = kind === "other" ? detail : t(`trouble.gallery.${kind}.text`);
  return html`<div class="card trouble" data-testid="trouble" data-kind=${kind}>
    <h2>${t(`trouble.gallery.${kind}.title`)}</h2>
    <p>${text}</p>
    ${kind === "signedOut"
      ? html`<a class="button primary" href=${signInAddress} data-testid="sign-in">${t("trouble.gallery.signedOut.action")}</a>`
      : html`<div class="retry">
          <button type="button" data-testid="retry" @click=${retry}>${t("action.retry")}</button>
          ${retryIn === null
            ? nothing
            : html`<span class="soft figures">${retryIn <= 0 ? t("trouble.gallery.retrying") : t("trouble.gallery.retry", { n: retryIn })}</span>`}
        </div>`}
  </div>`;
}

export const stateStyles = css`
  .card {
    display: grid;
    justify-items: start;
    gap: var(--space-2);
    max-inline-size: 36rem;
    margin-block: var(--space-2);
    padding: var(--space-3);
    border: 1px solid var(--rule);
    border-radius: var(--radius-large);
    background: var(--surface);
  }
  .card h2 {
    font-size: var(--text-large);
  }
  .retry {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-1) var(--space-2);
  }
  .skeleton .heading {
    display: flex;
    align-items: end;
    block-size: 3.5rem;
    padding-block-end: 0.875rem;
  }
  .skeleton .heading i {
    inline-size: 9rem;
    block-size: 1rem;
    border-radius: 0.25rem;
    background: var(--raised);
  }
  .skeleton .tiles {
    display: grid;
    grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
    gap: var(--gap);
    padding-block-end: var(--gap);
  }
  .skeleton .tiles i {
    padding-block-end: 0.375rem;
  }
  .skeleton b {
    display: block;
    aspect-ratio: 1;
    border-radius: 0.375rem;
    background: var(--raised);
  }
  @media (prefers-reduced-motion: no-preference) {
    .skeleton {
      animation: breathe 1.6s ease-in-out infinite alternate;
    }
    @keyframes breathe {
      to {
        opacity: 0.55;
      }
    }
  }
`;
