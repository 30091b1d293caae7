/** The bar under the stage. */
import { html, nothing, type TemplateResult } from "lit";
import { icons } from "../../view/icons.js";
import type { Settings } from "../../view/settings.js";
import { t } from "../../words/index.js";
import type { LiveState } from "./state.js";

export interface BarActions {
  readonly toggle: () => void;
  readonly chooseFile: () => void;
  readonly settings: () => void;
  readonly help: () => void;
  readonly seek: (event: Event) => void;
  readonly change: (part: Partial<Settings>) => void;
}

export interface Playback {
  readonly now: number; // seconds
  readonly total: number;
}

export function bar(state: LiveState, settings: Settings, playback: Playback | null, actions: BarActions): TemplateResult {
  const moving = (state.phase === "running" || state.phase === "paused") && state.source?.kind !== "photo";
  const paused = state.phase === "paused";
  const words = t(paused ? "action.resume" : "action.pause");
  return html`<div class="bar" role="group" aria-label=${t("stage.controls")}>
    <button type="button" data-testid="pause" aria-label=${words} ?disabled=${!moving} @click=${actions.toggle}>
      ${paused ? icons.play : icons.pause}<span class="wide">${words}</span>
    </button>
    ${playback === null ? nothing : seeker(playback, actions)}
    <span class="spring wide"></span>
    ${toggles(settings, actions)}
    ${iconButton("open", t("action.open"), icons.file, actions.chooseFile)}
    ${iconButton("open-help", t("action.help"), icons.help, actions.help)}
    ${iconButton("open-settings", t("action.settings"), icons.settings, actions.settings)}
  </div>`;
}

function toggles(settings: Settings, { change }: BarActions): TemplateResult {
  return html`<button type="button" data-testid="mirror" aria-pressed=${settings.mirror} aria-label=${t("settings.mirror")} title=${t("settings.mirror")}
      @click=${() => { change({ mirror: !settings.mirror }); }}>${icons.mirror}</button>
    <span class="segments" role="radiogroup" aria-label=${t("settings.display")}>
      ${(["mask", "outline"] as const).map(
        (value) => html`<label>
          <input type="radio" name="display" value=${value} .checked=${settings.display === value} @change=${() => { change({ display: value }); }} />
          ${t(`settings.display.${value}`)}
        </label>`,
      )}
    </span>`;
}

function iconButton(id: string, label: string, icon: TemplateResult, click: () => void): TemplateResult {
  return html`<button type="button" class=${id === "open-help" ? "wide" : ""} data-testid=${id} aria-label=${label} title=${label} @click=${click}>${icon}</button>`;
}

function seeker({ now, total }: Playback, { seek }: BarActions): TemplateResult {
  const words = t("video.time", { now: clock(now), total: clock(total) });
  return html`<span class="video figures">
    <input type="range" data-testid="seek" min="0" max=${total} step="0.05" .value=${String(now)} aria-label=${t("video.seek")} aria-valuetext=${words} @input=${seek} />
    <span>${clock(now)}&nbsp;/&nbsp;${clock(total)}</span>
  </span>`;
}

/** Minutes and seconds. */
function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
