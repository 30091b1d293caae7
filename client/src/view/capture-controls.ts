/** The buttons that take a screenshot, and the countdown over the stage. */
import { css, html, nothing, type TemplateResult } from "lit";
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
  return html`<button type="button" class="timer" data-testid="countdown" aria-pressed=${countdown !== null} aria-label=${words} title=${words}
      ?disabled=${!ready} @click=${toggleCountdown}>${icons.timer}<span class="figures" aria-hidden="true">${COUNTDOWN_SECONDS}&nbsp;s</span></button>
    <button type="button" class="shutter" data-testid="capture" aria-label=${t("capture.take")} title=${t("capture.take")} ?disabled=${!ready}
      @click=${take}><i></i></button>`;
}

/** The seconds over the picture; screen readers hear them from the page's live region. */
export function countdownOverlay(countdown: number | null, cancel: () => void): TemplateResult | typeof nothing {
  if (countdown === null) return nothing;
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
  .timer {
    gap: var(--space-half);
    font-size: var(--text-small);
  }
  .countdown {
    grid-area: 1 / 1 / 4 / 2;
    display: grid;
    justify-items: center;
    gap: var(--space-1);
  }
  .countdown p {
    display: grid;
    place-items: center;
    inline-size: 7rem;
    block-size: 7rem;
    border-radius: 50%;
    background: var(--scrim);
    font-size: 4rem;
    font-weight: 600;
    line-height: 1;
  }
  .countdown button {
    border-color: #aab3bf;
    background: var(--scrim);
    color: inherit;
    pointer-events: auto;
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
