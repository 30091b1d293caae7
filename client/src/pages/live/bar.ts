/** The bar under the stage. */
import { html, nothing, type TemplateResult } from "lit";
import { captureControls, type CaptureActions } from "../../view/capture-controls.js";
import { icons } from "../../view/icons.js";
import type { Settings } from "../../view/settings.js";
import { t } from "../../words/index.js";
import type { LiveState } from "./state.js";

export interface BarActions extends CaptureActions {
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

/** What can be taken at the moment. */
export interface Capturing {
  readonly ready: boolean; // a picture is shown
  readonly countdown: number | null; // seconds left
  readonly told: boolean; // where screenshots go was known when the page was opened
}

export function bar(
  state: LiveState, settings: Settings, playback: Playback | null, capturing: Capturing, actions: BarActions,
): TemplateResult {
  const moving = (state.phase === "running" || state.phase === "paused") && state.source?.kind !== "photo";
  const paused = state.phase === "paused";
  const words = t(paused ? "action.resume" : "action.pause");
  const { ready, countdown, told } = capturing;
  return html`<div class="bar" role="group" aria-label=${t("stage.controls")}>
    ${told || state.phase === "idle" ? nothing : html`<p class="where" data-testid="where">${t("capture.where", { host: location.host })}</p>`}
    ${playback === null ? nothing : seeker(playback, actions)}
    <div class="start">
      <button type="button" data-testid="pause" aria-label=${words} ?disabled=${!moving} @click=${actions.toggle}>
        ${paused ? icons.play : icons.pause}<span class="wide">${words}</span>
      </button>
      ${iconButton("open", t("action.open"), icons.file, actions.chooseFile)}
    </div>
    <div class="middle">${toggle("blur", settings, t("settings.blur"), icons.blur, actions)} ${captureControls(ready, countdown, actions)}</div>
    <div class="end">
      ${display(settings, actions)}
      ${iconButton("open-help", t("action.help"), icons.help, actions.help)}
      ${iconButton("open-settings", t("action.settings"), icons.settings, actions.settings)}
    </div>
  </div>`;
}

function toggle(name: "mirror" | "blur", settings: Settings, words: string, icon: TemplateResult, { change }: BarActions): TemplateResult {
  return html`<button type="button" data-testid=${name} aria-pressed=${settings[name]} aria-label=${words} title=${words}
    @click=${() => { change({ [name]: !settings[name] }); }}>${icon}</button>`;
}

/** How the picture is shown; narrow screens have it in the settings alone. */
function display(settings: Settings, actions: BarActions): TemplateResult {
  return html`<div class="wide display">
    ${toggle("mirror", settings, t("settings.mirror"), icons.mirror, actions)}
    <span class="segments" role="radiogroup" aria-label=${t("settings.display")}>
      ${(["mask", "outline"] as const).map(
        (value) => html`<label>
          <input type="radio" name="display" value=${value} .checked=${settings.display === value} @change=${() => { actions.change({ display: value }); }} />
          ${t(`settings.display.${value}`)}
        </label>`,
      )}
    </span>
  </div>`;
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
