/** Pages to read: one column of text, sections, tables. */
import { css } from "lit";

export const reading = css`
  :host {
    display: block;
  }
  main {
    max-inline-size: var(--column);
    margin-inline: auto;
    padding: var(--space-3) var(--space-2) var(--space-6);
    outline: none;
  }
  h1 {
    font-size: 1.75rem;
    margin-block-end: var(--space-2);
  }
  h2 {
    margin-block: var(--space-4) var(--space-1);
    font-size: var(--text-large);
  }
  p,
  li {
    text-wrap: pretty;
  }
  p + p {
    margin-block-start: var(--space-1);
  }
  ul.text {
    display: grid;
    gap: var(--space-1);
    padding-inline-start: var(--space-3);
    list-style: disc;
  }
  dl.pairs {
    display: grid;
    grid-template-columns: minmax(6rem, auto) minmax(0, 1fr);
    gap: var(--space-half) var(--space-2);
    margin-block-start: var(--space-1);
  }
  dt {
    color: var(--ink-soft);
  }
  dd {
    overflow-wrap: anywhere;
  }
  .table {
    overflow-x: auto;
    margin-block-start: var(--space-1);
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: var(--text-small);
  }
  caption {
    padding-block-end: var(--space-1);
    color: var(--ink-soft);
    text-align: start;
  }
  th,
  td {
    padding: var(--space-half) var(--space-2) var(--space-half) 0;
    border-block-end: 1px solid var(--rule);
    text-align: start;
    vertical-align: top;
    overflow-wrap: anywhere;
  }
  td.number,
  th.number {
    text-align: end;
    white-space: nowrap;
  }
`;
