/** Styles of the gallery page. */
import { css } from "lit";

export const galleryStyles = css`
  :host {
    display: block;
  }
  main {
    max-inline-size: 112rem;
    margin-inline: auto;
    padding-inline: var(--space-3);
    padding-block-end: var(--space-6);
    outline: none;
  }
  .top {
    display: flex;
    align-items: baseline;
    gap: var(--space-2);
    padding-block-start: var(--space-2);
  }
  h1 {
    font-size: 1.75rem;
  }
  .top p {
    flex: 1;
    min-inline-size: 0;
  }
  .top > button {
    align-self: center;
  }
  .bar {
    position: sticky;
    z-index: 5;
    inset-block-start: 0;
    margin-inline: calc(-1 * var(--space-3));
    padding: var(--space-1) var(--space-3);
    background: var(--ground);
  }
  .selection {
    display: flex;
    align-items: center;
    gap: var(--space-1);
    min-block-size: 2.5rem;
    margin: -0.25rem -0.5rem;
    padding: 0.25rem 0.5rem;
    border-radius: var(--radius);
    background: var(--accent-soft);
  }
  .selection .space {
    flex: 1;
  }
  .selection [role="status"] {
    font-weight: 600;
  }
  .content {
    min-block-size: 60dvh;
  }
  .more {
    display: grid;
    justify-items: center;
    padding-block: var(--space-3);
  }
  @media (width < 48rem) {
    main {
      padding-inline: var(--space-1);
    }
    .top {
      padding-block-start: var(--space-1);
    }
    h1 {
      font-size: var(--text-large);
    }
    .bar {
      margin-inline: calc(-1 * var(--space-1));
      padding-inline: var(--space-1);
    }
  }
  @media (width < 30rem) {
    .room {
      display: none;
    }
    .selection .words {
      display: none;
    }
  }
`;
