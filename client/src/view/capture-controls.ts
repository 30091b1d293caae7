/** The buttons that take a screenshot, and the countdown over the stage. */
import { css, html, type TemplateResult } from "lit";
import { COUNTDOWN_SECONDS } from "../capture/countdown.js";
import { t } from "../words/index.js";
import { icons } from "./icons.js";

export interface CaptureActions {
  readonly take: () => void;
  readonly toggleCountdown: () => void;
}

/** @param countdown seconds left; null: it does not run */
export function captureControls(ready: boolean, countdown: number | null, { take, toggleCountdown }: CaptureActions): TemplateResult {
  const words = countdown === null ? t("capture.countdown", { n: COUNTDOWN_SECONDS }) : t("capture.countdown.cancel");
  return html`<button type="button" class="shutter" data-testid="capture" aria-label=${t("capture.take")} title=${t("capture.take")} ?disabled=${!ready}
      @click=${take}><i></i></button>
    <button type="button" data-testid="countdown" aria-pressed=${countdown !== null} aria-label=${words} title=${words}
      ?disabled=${!ready} @click=${toggleCountdown}>${icons.timer}</button>`;
}

/** The seconds over the picture; screen readers hear them from the page's live region. */
export function countdownOverlay(countdown: number, cancel: () => void): TemplateResult {
  return html`<div class="countdown" data-testid="counting">
    <p class="figures" aria-hidden="true">${countdown}</p>
    <button type="button" data-testid="cancel-countdown" @click=${cancel}>${t("action.cancel")}</button>
  </div>`;
}

export const captureStyles = css`
  .shutter {
    flex: none;
    inline-size: 3.25rem;
    block-size: 3.25rem;
    padding: 0.1875rem;
    border: 0.1875rem solid var(--accent);
    border-radius: 50%;
    background: transparent;
  }
  .shutter i {
    inline-size: 100%;
    block-size: 100%;
    border-radius: 50%;
    background: var(--accent);
    transition: scale 90ms;
  }
  .shutter:hover {
    background: var(--accent-soft);
  }
  .shutter:active i {
    scale: 0.86;
  }
  .countdown {
    grid-row: 3;
    display: flex;
    align-items: center;
    gap: var(--space-2);
    padding: var(--space-half) var(--space-2) var(--space-half) var(--space-half);
    border-radius: 3rem;
    background: var(--scrim);
  }
  .countdown p {
    inline-size: 5rem;
    font-size: 4.5rem; /* to be read from across the room */
    font-weight: 600;
    line-height: 1.1;
    text-align: center;
  }
  .countdown button {
    border-color: #aab3bf;
    background: transparent;
    color: inherit;
    pointer-events: auto;
  }
  .countdown button:hover {
    background: rgb(255 255 255 / 0.14);
  }
  .flash {
    position: absolute;
    inset: 0;
    background: #ffffff;
    opacity: 0;
    pointer-events: none;
  }
  .where {
    flex-basis: 100%;
    color: var(--ink-soft);
    font-size: var(--text-small);
    text-wrap: pretty;
  }
  @media (forced-colors: active) {
    .shutter i {
      background: ButtonText;
      forced-color-adjust: none;
    }
    .shutter {
      border-color: ButtonText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .shutter i {
      transition: none;
    }
  }
`;
