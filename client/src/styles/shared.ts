/** Styles that several components share; they reach shadow roots as adopted style sheets. */
import { css } from "lit";

export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure,
  fieldset {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  fieldset {
    border: 0;
    min-inline-size: 0;
  }
  h1,
  h2,
  h3 {
    font-size: var(--text-body);
    font-weight: 600;
    line-height: 1.25;
  }
  a {
    color: var(--accent);
    text-underline-offset: 0.2em;
  }
  :focus-visible {
    outline: 0.1875rem solid var(--accent);
    outline-offset: 0.125rem;
  }
  .hidden-text {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .figures {
    font-variant-numeric: tabular-nums;
  }
  .soft {
    color: var(--ink-soft);
  }
  .small {
    font-size: var(--text-small);
  }
  .swatch {
    display: inline-block;
    flex: none;
    inline-size: 0.875rem;
    block-size: 0.875rem;
    border: 1px solid var(--edge);
    border-radius: 0.25rem;
    background: var(--swatch, transparent);
    forced-color-adjust: none;
  }
`;

export const controls = css`
  button,
  .button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--space-1);
    min-block-size: var(--target);
    min-inline-size: var(--target);
    padding: var(--space-half) var(--space-2);
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
    font-weight: 500;
    line-height: 1.2;
    text-decoration: none;
    cursor: pointer;
  }
  button:hover,
  .button:hover {
    background: var(--raised);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.primary,
  .button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--accent-ink);
  }
  button.primary:hover,
  .button.primary:hover {
    background: color-mix(in srgb, var(--accent) 88%, var(--ink));
  }
  button.plain {
    border-color: transparent;
    background: transparent;
    padding-inline: var(--space-1);
  }
  button.plain:hover {
    background: var(--raised);
  }
  button[aria-pressed="true"] {
    border-color: var(--accent);
    background: var(--accent-soft);
  }
  svg.icon {
    flex: none;
    inline-size: 1.25rem;
    block-size: 1.25rem;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  select,
  input[type="text"] {
    min-block-size: var(--target);
    max-inline-size: 100%;
    padding: var(--space-half) var(--space-1);
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
  }
  input[type="range"] {
    inline-size: 100%;
    min-block-size: 1.75rem;
    accent-color: var(--accent);
  }
  input[type="checkbox"],
  input[type="radio"] {
    flex: none;
    inline-size: 1.25rem;
    block-size: 1.25rem;
    margin: 0;
    accent-color: var(--accent);
  }
  .segments {
    display: inline-flex;
    padding: 0.125rem;
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
  }
  .segments label {
    position: relative;
    display: inline-flex;
    align-items: center;
    min-block-size: calc(var(--target) - 0.375rem);
    padding-inline: var(--space-1);
    border-radius: calc(var(--radius) - 0.125rem);
    cursor: pointer;
    white-space: nowrap;
  }
  .segments input {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    opacity: 0;
    cursor: pointer;
  }
  .segments label:has(:checked) {
    background: var(--accent);
    color: var(--accent-ink);
  }
  .segments label:has(:focus-visible) {
    outline: 0.1875rem solid var(--accent);
    outline-offset: 0.125rem;
  }
  @media (forced-colors: active) {
    .segments label:has(:checked),
    button[aria-pressed="true"] {
      background: Highlight;
      color: HighlightText;
      forced-color-adjust: none;
    }
  }
`;

/** A dialog that comes from below on narrow screens and from the right on wide ones. */
export const sheets = css`
  dialog {
    inline-size: min(26rem, 100vw);
    max-inline-size: 100vw;
    block-size: 100dvh;
    max-block-size: 100dvh;
    margin: 0 0 0 auto;
    padding: 0;
    border: 0;
    border-inline-start: 1px solid var(--rule);
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
    overscroll-behavior: contain;
  }
  dialog.card {
    inline-size: min(32rem, calc(100vw - 2 * var(--space-2)));
    block-size: fit-content;
    max-block-size: calc(100dvh - 2 * var(--space-2));
    margin: auto;
    border: 1px solid var(--rule);
    border-radius: var(--radius-large);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 0.4);
  }
  .sheet-head {
    position: sticky;
    z-index: 1;
    inset-block-start: 0;
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-2);
    padding: var(--space-1) var(--space-2);
    border-block-end: 1px solid var(--rule);
    background: var(--surface);
  }
  .sheet-head h2 {
    font-size: var(--text-large);
  }
  .sheet-body {
    display: grid;
    gap: var(--space-3);
    padding: var(--space-2);
  }
  @media (width < 48rem) {
    dialog:not(.card) {
      inline-size: 100vw;
      block-size: auto;
      max-block-size: 85dvh;
      margin: auto 0 0;
      border-inline-start: 0;
      border-radius: var(--radius-large) var(--radius-large) 0 0;
    }
  }
`;
