/**
 * Styles of the pages about accounts. Their forms stand in the document itself, where every password manager finds
 * them, so the styles are the document's too.
 */
import { css, type CSSResult } from "lit";
import { base, controls } from "../styles/shared.js";

const account = css`
  main {
    display: grid;
    gap: var(--space-3);
    max-inline-size: var(--column);
    margin-inline: auto;
    padding: var(--space-3) var(--space-2) var(--space-6);
    outline: none;
  }
  main.narrow {
    max-inline-size: 26rem;
  }
  h1 {
    font-size: 1.75rem;
  }
  h2 {
    font-size: var(--text-large);
  }
  .panel {
    display: grid;
    gap: var(--space-2);
    padding: var(--space-3);
    border: 1px solid var(--rule);
    border-radius: var(--radius-large);
    background: var(--surface);
  }
  .field {
    display: grid;
    gap: var(--space-half);
  }
  .panel-form {
    display: grid;
    gap: var(--space-2);
  }
  .field label {
    font-weight: 600;
  }
  .field input,
  .secret input {
    inline-size: 100%;
    min-block-size: 2.75rem;
    padding: var(--space-half) var(--space-1);
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--ground);
    font-size: 1rem; /* smaller, and phones zoom in */
  }
  .field input[aria-invalid="true"] {
    border-color: var(--live);
  }
  .wrong {
    color: var(--live);
  }
  .notice {
    padding: var(--space-1) var(--space-2);
    border-inline-start: 0.25rem solid var(--accent);
    background: var(--raised);
  }
  .notice.bad {
    border-color: var(--live);
  }
  .check {
    display: flex;
    align-items: center;
    gap: var(--space-1);
    min-block-size: 1.75rem;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-1) var(--space-2);
  }
  dl.pairs {
    display: grid;
    grid-template-columns: minmax(6rem, auto) minmax(0, 1fr);
    gap: var(--space-half) var(--space-2);
  }
  dl.pairs dt {
    color: var(--ink-soft);
  }
  meter {
    inline-size: 100%;
    max-inline-size: 20rem;
    block-size: 0.75rem;
  }
  .tokens {
    display: grid;
  }
  .tokens li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-half) var(--space-2);
    padding-block: var(--space-1);
    border-block-start: 1px solid var(--rule);
  }
  .tokens .what {
    flex: 1 1 12rem;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: var(--space-1);
  }
  .row .field {
    flex: 1 1 14rem;
  }
  .row button {
    min-block-size: 2.75rem;
  }
  .secret {
    display: grid;
    gap: var(--space-1);
    padding: var(--space-2);
    border: 1px solid var(--accent);
    border-radius: var(--radius);
    background: var(--accent-soft);
  }
  .secret input {
    font-family: ui-monospace, monospace;
    font-size: var(--text-body);
  }
  button.grave {
    border-color: var(--live);
    color: var(--live);
  }
  @media (width < 30rem) {
    main {
      padding-inline: var(--space-1);
    }
    .panel {
      padding: var(--space-2);
    }
  }
`;

/** Gives the document the styles; once. */
export function adoptStyles(): void {
  const sheets = [base, controls, account].map((style: CSSResult) => style.styleSheet!);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
}
