/**
 * `<dasa-settings>`: everything that can be set, in a sheet. Fires `change` (detail: the part that changed) and
 * `reset`; the page keeps the settings and hands them back.
 */
import { css, html, LitElement, type TemplateResult } from "lit";
import type { CameraDevice } from "../camera/camera.js";
import { base, controls, sheets } from "../styles/shared.js";
import { decimal, t } from "../words/index.js";
import { icons } from "./icons.js";
import "./legend.js";
import type { Palette } from "./palette.js";
import { defaults, MAX_FACES, MAX_SMOOTHING, type Settings } from "./settings.js";

type Switch = { [K in keyof Settings]: Settings[K] extends boolean ? K : never }[keyof Settings];

export class DasaSettings extends LitElement {
  static override readonly properties = {
    settings: { attribute: false },
    cameras: { attribute: false },
    camera: { type: String },
    palette: { attribute: false },
    kept: { type: Boolean },
  };
  declare settings: Settings;
  declare cameras: readonly CameraDevice[];
  declare camera: string; // id of the running camera, "" for none
  declare palette: Palette | null;
  declare kept: boolean; // the browser stores settings

  constructor() {
    super();
    this.settings = defaults;
    this.cameras = [];
    this.camera = "";
    this.palette = null;
    this.kept = true;
  }

  static override readonly styles = [
    base,
    controls,
    sheets,
    css`
      fieldset {
        display: grid;
        gap: var(--space-1);
      }
      legend {
        padding: 0;
        margin-block-end: var(--space-1);
        font-weight: 600;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-half) var(--space-2);
        min-block-size: var(--target);
      }
      label.row {
        flex-wrap: nowrap;
      }
      .row > select {
        flex: 1;
        min-inline-size: 0;
      }
      .row > .range {
        flex: 1;
        min-inline-size: 8rem;
      }
      .range {
        display: flex;
        align-items: center;
        gap: var(--space-1);
      }
      output {
        min-inline-size: 2.5rem;
        text-align: end;
      }
      p {
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
    `,
  ];

  /** Opens the sheet. */
  show(): void {
    this.#dialog.showModal();
  }

  get #dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector("dialog")!;
  }

  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="title" data-testid="settings" @click=${this.#onBackdrop}>
      <div class="sheet-head">
        <h2 id="title">${t("settings.title")}</h2>
        <button type="button" class="plain" aria-label=${t("action.close")} @click=${() => { this.#dialog.close(); }}>${icons.close}</button>
      </div>
      <div class="sheet-body">
        ${this.#picture()} ${this.#masks()} ${this.#screenshots()} ${this.#analysis()} ${this.#access()}
        <p>${t(this.kept ? "settings.language" : "settings.notKept")}</p>
        <button type="button" data-testid="reset" @click=${() => this.dispatchEvent(new CustomEvent("reset"))}>${t("action.reset")}</button>
      </div>
    </dialog>`;
  }

  #picture(): TemplateResult {
    return html`<fieldset>
      <legend>${t("settings.picture")}</legend>
      <div class="row">
        <label for="camera">${t("settings.camera")}</label>
        <select id="camera" data-testid="camera" @change=${this.#onCamera}>
          <option value="" ?selected=${this.settings.cameraId === null}>${t("settings.camera.any")}</option>
          ${this.cameras.map(
            ({ id, label }, i) => html`<option value=${id} ?selected=${id === this.settings.cameraId}>
              ${label === "" ? t("settings.camera.unnamed", { n: i + 1 }) : label}
            </option>`,
          )}
        </select>
      </div>
      ${this.#switch("mirror", t("settings.mirror"))}
      ${this.#switch("newestVideo", t("settings.newest"), t("settings.newest.hint"))}
    </fieldset>`;
  }

  #masks(): TemplateResult {
    return html`<fieldset>
      <legend>${t("settings.masks")}</legend>
      ${this.#choice("display", t("settings.display"), { mask: t("settings.display.mask"), outline: t("settings.display.outline") })}
      ${this.#choice("palette", t("settings.palette"), { vivid: t("settings.palette.vivid"), safe: t("settings.palette.safe") })}
      ${this.#switch("patterns", t("settings.patterns"))} ${this.#switch("sureness", t("settings.sureness"))}
      <dasa-legend .palette=${this.palette} .patterns=${this.settings.patterns}></dasa-legend>
    </fieldset>`;
  }

  #screenshots(): TemplateResult {
    const options = { masked: t("settings.save.masked"), plain: t("settings.save.plain"), both: t("settings.save.both") };
    return html`<fieldset>
      <legend>${t("settings.screenshots")}</legend>
      ${this.#choice("save", t("settings.save"), options)} ${this.#switch("blur", t("settings.blur"), t("settings.blur.hint"))}
      <p>${t("capture.where", { host: location.host })}</p>
    </fieldset>`;
  }

  #analysis(): TemplateResult {
    const { maxFaces, smoothing } = this.settings;
    return html`<fieldset>
      <legend>${t("settings.analysis")}</legend>
      ${this.#range("maxFaces", t("settings.faces"), { min: 1, max: MAX_FACES, step: 1 }, maxFaces, String(maxFaces))}
      ${this.#range("smoothing", t("settings.smoothing"), { min: 0, max: MAX_SMOOTHING, step: 0.1 }, smoothing, smoothing === 0 ? t("settings.smoothing.raw") : decimal(smoothing, 1))}
      ${this.#switch("tiles", t("settings.tiles"), t("settings.tiles.hint"))} ${this.#switch("webgpu", t("settings.webgpu"))}
    </fieldset>`;
  }

  #access(): TemplateResult {
    return html`<fieldset>
      <legend>${t("settings.access")}</legend>
      ${this.#switch("shortcuts", t("settings.shortcuts"))} ${this.#switch("announcements", t("settings.announcements"))}
    </fieldset>`;
  }

  #switch(name: Switch, words: string, hint?: string): TemplateResult {
    return html`<label class="row">
      <span>${words}${hint === undefined ? null : html`<br /><span class="soft small">${hint}</span>`}</span>
      <input type="checkbox" name=${name} .checked=${this.settings[name]}
        @change=${(event: Event) => { this.#change({ [name]: (event.target as HTMLInputElement).checked }); }} />
    </label>`;
  }

  #choice<K extends "display" | "palette" | "save">(name: K, words: string, options: Readonly<Record<Settings[K], string>>): TemplateResult {
    return html`<div class="row" role="radiogroup" aria-label=${words}>
      <span aria-hidden="true">${words}</span>
      <span class="segments">
        ${(Object.keys(options) as Settings[K][]).map(
          (value) => html`<label>
            <input type="radio" name=${name} value=${value} .checked=${this.settings[name] === value} @change=${() => { this.#change({ [name]: value }); }} />
            ${options[value]}
          </label>`,
        )}
      </span>
    </div>`;
  }

  #range(
    name: "maxFaces" | "smoothing", words: string, range: { min: number; max: number; step: number }, value: number, shown: string,
  ): TemplateResult {
    return html`<label class="row">
      <span>${words}</span>
      <span class="range">
        <input type="range" name=${name} min=${range.min} max=${range.max} step=${range.step} .value=${String(value)}
          @change=${(event: Event) => { this.#change({ [name]: (event.target as HTMLInputElement).valueAsNumber }); }} />
        <output class="figures">${shown}</output>
      </span>
    </label>`;
  }

  readonly #onCamera = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    this.#change({ cameraId: value === "" ? null : value });
  };

  /** A click beside the sheet closes it, as Escape does. */
  readonly #onBackdrop = (event: Event): void => {
    if (event.target === this.#dialog) this.#dialog.close();
  };

  #change(detail: Partial<Settings>): void {
    this.dispatchEvent(new CustomEvent<Partial<Settings>>("change", { detail }));
  }
}

customElements.define("dasa-settings", DasaSettings);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-settings": DasaSettings;
  }
}
