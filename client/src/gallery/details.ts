/**
 * `<dasa-details>`: beside the large picture: who looked like what, when, by which bundle; download and delete.
 *
 * Fires `variant` ("masked" or "plain") and `erase`.
 */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { Variant } from "../api/library.js";
import type { ShownFace } from "../generated/api.js";
import { base, controls } from "../styles/shared.js";
import { css as colourOf } from "../view/colour.js";
import { customProperties } from "../view/custom-properties.js";
import { icons } from "../view/icons.js";
import { UNSURE, type Palette } from "../view/palette.js";
import { count, decimal, emotionName, fileSize, percent, sureness, t } from "../words/index.js";
import { exactMoment } from "../words/times.js";
import { altText, leftToRight, namedAs, shownAs } from "./describe.js";
import type { Shot } from "./shots.js";

export class DasaDetails extends LitElement {
  static override readonly properties = {
    shot: { attribute: false },
    variant: { type: String },
    palette: { attribute: false },
    addressOf: { attribute: false },
    position: { type: String },
  };
  declare shot: Shot | null;
  declare variant: Variant;
  declare palette: Palette | null;
  declare addressOf: (id: string, variant: Variant) => string;
  declare position: string;

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
        overflow: auto;
        overscroll-behavior: contain;
        background: var(--surface);
        color: var(--ink);
        font-size: var(--text-body);
        line-height: var(--line);
      }
      .body {
        display: grid;
        gap: var(--space-2);
        padding: var(--space-2);
      }
      h2 {
        font-size: var(--text-large);
      }
      ol {
        display: grid;
        gap: var(--space-1);
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 0 var(--space-1);
        align-items: baseline;
      }
      li .swatch {
        align-self: center;
      }
      li .name {
        font-weight: 600;
      }
      li .share {
        color: var(--ink-soft);
      }
      li .more {
        grid-column: 2 / -1;
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--space-half) var(--space-2);
        padding-block-start: var(--space-2);
        border-block-start: 1px solid var(--rule);
        font-size: var(--text-small);
      }
      dt {
        color: var(--ink-soft);
      }
      dd {
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
      }
      .segments {
        justify-self: start;
      }
    `,
  ];

  constructor() {
    super();
    this.shot = null;
    this.variant = "masked";
    this.palette = null;
    this.addressOf = () => "";
    this.position = "";
  }

  protected override render(): TemplateResult {
    const { shot } = this;
    if (shot === null) return html``;
    const both = shot.images.masked !== undefined && shot.images.plain !== undefined;
    return html`<div class="body">
      <p class="hidden-text" role="status">${this.position}. ${altText(shot)}</p>
      <h2>${shot.faces.length === 0 ? t("viewer.noFaces") : t("viewer.faces", { n: shot.faces.length })}</h2>
      ${shot.faces.length === 0 ? nothing : html`<ol>${leftToRight(shot.faces).map((face) => this.#face(face))}</ol>`}
      ${both ? this.#variants() : nothing}
      <dl>
        <dt>${t("viewer.taken")}</dt><dd><time datetime=${shot.time}>${exactMoment(shot.at)}</time></dd>
        <dt>${t("viewer.mode")}</dt><dd>${t(shot.mode === "server" ? "viewer.mode.server" : "viewer.mode.device")}</dd>
        <dt>${t("viewer.bundle")}</dt><dd>${shot.bundle}</dd>
        <dt>${t("viewer.size")}</dt><dd class="figures">${t("viewer.size.value", {
          width: count(shot.width), height: count(shot.height), size: fileSize(shot.images[this.variant]?.bytes ?? 0),
        })}</dd>
      </dl>
      <div class="actions">
        <a class="button" download href=${this.addressOf(shot.id, this.variant)} data-testid="download"
          aria-label=${t(this.variant === "masked" ? "viewer.download.masked" : "viewer.download.plain")}
        >${icons.download}${t("gallery.download")}</a>
        <button type="button" data-testid="viewer-delete" @click=${() => { this.dispatchEvent(new CustomEvent("erase")); }}>
          ${icons.bin}${t("gallery.delete")}
        </button>
      </div>
    </div>`;
  }

  #face(face: ShownFace): TemplateResult {
    const id = shownAs(face);
    const name = namedAs(face);
    const known = this.palette?.swatches.find((swatch) => swatch.id === id);
    const colour = known === undefined || id === UNSURE ? "transparent" : colourOf(known.colour);
    return html`<li>
      <span class="swatch" ${customProperties({ "--swatch": colour })}></span>
      <span class="name">${name === null ? t("viewer.unsure") : t("viewer.looksLike", { emotion: name })}</span>
      <span class="share figures">${percent(face.primary.confidence)}</span>
      <span class="more">${t("viewer.primary", {
        primary: emotionName(face.primary.id), sureness: sureness(face.primary.confidence),
      })}${affect(face)}</span>
    </li>`;
  }

  #variants(): TemplateResult {
    const one = (variant: Variant, words: string): TemplateResult => html`<label>
      <input type="radio" name="variant" .checked=${this.variant === variant} data-testid="show-${variant}"
        @change=${() => { this.dispatchEvent(new CustomEvent<Variant>("variant", { detail: variant })); }} />
      ${words}
    </label>`;
    return html`<fieldset class="segments">
      <legend class="hidden-text">${t("viewer.variant")}</legend>
      ${one("masked", t("viewer.masked"))}${one("plain", t("viewer.plain"))}
    </fieldset>`;
  }
}

function affect({ valence, arousal }: ShownFace): TemplateResult | typeof nothing {
  if (typeof valence !== "number" || typeof arousal !== "number") return nothing;
  return html`<br /><span class="figures">${t("viewer.affect", { valence: decimal(valence, 2), arousal: decimal(arousal, 2) })}</span>`;
}

customElements.define("dasa-details", DasaDetails);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-details": DasaDetails;
  }
}
