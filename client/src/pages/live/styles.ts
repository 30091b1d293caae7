/** Layout of the live page: stage and side panel on wide screens, one column with a bar below on narrow ones. */
import { css } from "lit";

export const liveStyles = css`
  :host {
    display: grid;
    grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr);
    min-block-size: max(100dvh, 34rem);
  }
  main {
    display: grid;
    grid-template: "stage side" minmax(min-content, 1fr) "timeline side" 13rem "status status" auto / minmax(0, 1fr) min(20rem, 36%);
    min-block-size: 0;
    outline: none;
  }
  main.idle {
    display: grid;
    place-items: center;
    grid-template: none;
    overflow: auto;
    padding: var(--space-2);
  }
  main.idle > :not(dasa-notice, dasa-capture-toasts) {
    display: none;
  }
  dasa-notice {
    border: 1px solid var(--rule);
    box-shadow: var(--shadow);
  }
  .stage {
    grid-area: stage;
    display: grid;
    grid-template-rows: minmax(14rem, 1fr) auto; /* where letters are large the page grows, not the bar over the picture */
    min-inline-size: 0;
  }
  .side {
    grid-area: side;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    min-block-size: 0;
    border-inline-start: 1px solid var(--rule);
    background: var(--surface);
  }
  .side > h2 {
    padding: var(--space-2) var(--space-2) var(--space-1);
  }
  .scroll {
    contain: size; /* the list takes the room that is left, and asks for none */
    overflow-y: auto;
    padding-inline: var(--space-2);
    scrollbar-gutter: stable;
    scrollbar-width: thin;
  }
  .side > dasa-legend {
    padding: var(--space-2);
    border-block-start: 1px solid var(--rule);
  }
  .chips {
    display: none;
  }
  .timeline {
    grid-area: timeline;
    padding: var(--space-1) var(--space-2) 0;
    background: var(--surface);
    min-inline-size: 0;
  }
  .timeline dasa-timeline {
    block-size: 100%;
  }
  .status {
    grid-area: status;
    padding: 0 var(--space-2);
    border-block-start: 1px solid var(--rule);
    background: var(--surface);
    max-block-size: 50dvh;
    overflow: auto;
  }
  .bar {
    display: flex;
    flex-wrap: wrap; /* where letters are large */
    align-items: center;
    justify-content: center;
    gap: var(--space-half) var(--space-2);
    padding: var(--space-half) var(--space-2);
    border-block-end: 1px solid var(--rule);
    background: var(--surface);
  }
  .bar > div,
  .bar .display {
    display: flex;
    align-items: center;
    gap: var(--space-1);
  }
  .bar .start,
  .bar .end {
    flex: 1 1 0;
    min-inline-size: min-content;
  }
  .bar .end {
    justify-content: end;
  }
  .bar .middle {
    gap: var(--space-2);
  }
  .bar button:not(.shutter),
  .narrow-icon {
    padding-inline: 0.5625rem;
  }
  .bar .where,
  .bar .video {
    flex: 1 0 100%;
  }
  .video {
    display: flex;
    align-items: center;
    gap: var(--space-1);
    font-size: var(--text-small);
  }
  .on-stage {
    position: absolute;
    inset: 0;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    justify-items: center;
    align-items: center;
    gap: var(--space-1);
    padding: var(--space-1);
    pointer-events: none;
  }
  .message {
    grid-row: 2;
    display: grid;
    gap: var(--space-1);
    justify-items: center;
    max-inline-size: 32rem;
    max-block-size: 100%;
    overflow: auto;
    padding: var(--space-2) var(--space-3);
    border-radius: var(--radius-large);
    background: var(--scrim);
    color: var(--on-stage);
    text-align: center;
    text-wrap: pretty;
    pointer-events: auto;
  }
  .message.low {
    grid-row: 3;
    grid-auto-flow: column;
    align-items: center;
    padding: var(--space-half) var(--space-half) var(--space-half) var(--space-2);
  }
  .message .title {
    font-size: var(--text-large);
    font-weight: 600;
    line-height: 1.25;
  }
  .message .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: var(--space-1);
  }
  .message button:not(.primary) {
    border-color: #aab3bf;
    background: transparent;
    color: inherit;
  }
  .message button:not(.primary):hover {
    background: rgb(255 255 255 / 0.14);
  }
  progress {
    inline-size: min(18rem, 100%);
    accent-color: var(--accent);
  }
  .note {
    max-inline-size: min(40rem, 100%);
    padding: var(--space-half) var(--space-2);
    border-radius: 1.25rem;
    background: var(--scrim);
    color: var(--on-stage);
    font-size: var(--text-small);
    text-align: center;
  }
  .note.top {
    grid-row: 1;
  }
  .note.bottom {
    grid-row: 3;
  }
  dasa-capture-toasts {
    grid-area: stage;
    z-index: 6;
    align-self: end;
    inline-size: 100%;
    padding: var(--space-2);
    padding-block-end: var(--above-bar, 4.75rem);
  }
  dasa-capture-toasts.first {
    --above-bar: 7rem; /* the bar has a line more */
  }
  .idle dasa-capture-toasts {
    display: grid;
    position: fixed;
    inset: auto 0 0;
    padding-block-end: var(--space-2);
  }
  .indicator {
    display: inline-flex;
    align-items: center;
    gap: var(--space-half);
    min-inline-size: 6.5rem;
    color: var(--ink-soft);
    font-size: var(--text-small);
  }
  .indicator i {
    inline-size: 0.625rem;
    block-size: 0.625rem;
    border: 1px solid currentcolor;
    border-radius: 50%;
  }
  .indicator.on {
    color: var(--live);
    font-weight: 600;
  }
  .indicator.on i {
    background: currentcolor;
    forced-color-adjust: none;
  }
  .drop {
    position: fixed;
    z-index: 20;
    inset: var(--space-2);
    display: grid;
    place-items: center;
    border: 0.1875rem dashed var(--accent);
    border-radius: var(--radius-large);
    background: color-mix(in srgb, var(--surface) 88%, transparent);
    font-size: var(--text-large);
    pointer-events: none;
  }

  @media (width < 64rem) {
    main {
      grid-template-columns: minmax(0, 1fr) 16rem;
    }
  }
  @media (width < 48rem) or (height < 34rem) {
    :host {
      min-block-size: 100dvh;
    }
    main:not(.idle) {
      display: flex;
      flex-direction: column;
      min-block-size: 100%;
    }
    .stage {
      display: contents; /* so that its bar can stick to the page's lower edge */
    }
    main.idle {
      padding: var(--space-1);
    }
    dasa-stage {
      block-size: clamp(20rem, 100vw / var(--aspect, 1.3333), 60dvh);
    }
    dasa-stage[data-frame] {
      block-size: clamp(11rem, 100vw / var(--aspect, 1.3333), 60dvh);
    }
    .bar {
      position: sticky;
      z-index: 5;
      inset-block-end: 0;
      order: 1;
      margin-block-start: auto;
      column-gap: var(--space-1);
      padding: var(--space-half) var(--space-1) calc(var(--space-half) + env(safe-area-inset-bottom));
      border-block: 1px solid var(--rule) 0;
    }
    .bar .middle {
      gap: var(--space-1);
    }
    .bar .wide,
    .narrow-icon span,
    .side {
      display: none;
    }
    .chips {
      display: flex;
      align-items: center;
      gap: var(--space-half);
      min-block-size: 3.25rem;
      padding-inline: var(--space-2) var(--space-half);
      border-block-end: 1px solid var(--rule);
      background: var(--surface);
    }
    .chips dasa-people {
      flex: 1;
      min-inline-size: 0;
    }
    .timeline {
      block-size: 15rem;
    }
    dasa-capture-toasts {
      position: fixed;
      inset: auto 0 0;
      padding: var(--space-1);
      padding-block-end: calc(var(--above-bar, 4.5rem) + env(safe-area-inset-bottom));
    }
    .indicator {
      min-inline-size: 0;
    }
  }
`;
