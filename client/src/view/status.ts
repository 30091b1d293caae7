/** `<dasa-status>`: how fast it runs, and where the time goes. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { base, controls } from "../styles/shared.js";
import { decimal, t, type Key } from "../words/index.js";
import type { Timing } from "../worker/messages.js";

/** The engine and the bundle in use. */
export interface Engine {
  readonly backend: "wasm" | "webgpu";
  readonly threads: number;
  readonly bundle: string;
}

const STAGES = ["copy", "detect", "landmarks", "crops", "emotion", "server"] as const;
const SHORT = ["detect", "landmarks", "emotion", "server"] as const;
type Stage = (typeof STAGES)[number];
const words: Readonly<Record<Stage, Key & `status.${Stage}`>> = {
  copy: "status.copy",
  detect: "status.detect",
  landmarks: "status.landmarks",
  crops: "status.crops",
  emotion: "status.emotion",
  server: "status.server",
};

export class DasaStatus extends LitElement {
  static override readonly properties = {
    fps: { attribute: false },
    timing: { attribute: false },
    delay: { attribute: false },
    engine: { attribute: false },
    picture: { type: String },
  };
  /** Analysed frames a second; null: a photo, which is read once. */
  declare fps: number | null;
  /** The last known milliseconds of each stage. */
  declare timing: Timing | null;
  /** ms from the camera to the mask on the screen. */
  declare delay: number | null;
  declare engine: Engine | null;
  /** Width and height of the analysed picture, in words. */
  declare picture: string;

  constructor() {
    super();
    this.fps = null;
    this.timing = null;
    this.delay = null;
    this.engine = null;
    this.picture = "";
  }

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
        font-size: var(--text-small);
      }
      summary {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 var(--space-2);
        min-block-size: 2rem;
        cursor: pointer;
      }
      summary span:first-of-type {
        min-inline-size: 6.5rem;
      }
      .more {
        margin-inline-start: auto;
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
      .details {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2) var(--space-6);
        padding-block: var(--space-1);
      }
      table {
        border-collapse: collapse;
      }
      th,
      td {
        padding: 0.125rem var(--space-2) 0.125rem 0;
        text-align: start;
        font-weight: 400;
      }
      thead th {
        color: var(--ink-soft);
      }
      td {
        text-align: end;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.125rem var(--space-2);
        align-content: start;
      }
      dt {
        color: var(--ink-soft);
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`<details>
      <summary class="figures" data-testid="status">
        <span class="hidden-text">${t("status.title")}: </span>
        ${this.fps === null
          ? this.#short("total")
          : html`<span data-testid="fps">${t("status.fps", { n: decimal(this.fps, 0) })}</span>`}
        ${SHORT.map((stage) => this.#short(stage))}
        <span class="more" aria-hidden="true">${t("action.details")}</span>
      </summary>
      <div class="details figures">${this.#table()} ${this.#engine()}</div>
    </details>`;
  }

  #short(stage: Stage | "total"): TemplateResult | null {
    const ms = this.timing?.[stage] ?? null;
    return ms === null ? null : html`<span>${t("status.ms", { stage: t(stage === "total" ? "status.total" : words[stage]), ms: decimal(ms, 0) })}</span>`;
  }

  #table(): TemplateResult {
    const total = this.timing?.total ?? null;
    return html`<table>
      <thead>
        <tr><th scope="col">${t("status.stage")}</th><th scope="col">${t("status.time")}</th></tr>
      </thead>
      <tbody>
        ${STAGES.map((stage) => {
          const ms = this.timing?.[stage] ?? null;
          return html`<tr><th scope="row">${t(words[stage])}</th><td>${ms === null ? "–" : decimal(ms, 1)}</td></tr>`;
        })}
        <tr><th scope="row">${t("status.total")}</th><td>${total === null ? "–" : decimal(total, 1)}</td></tr>
        <tr><th scope="row">${t("status.delay")}</th><td data-testid="delay">${this.delay === null ? "–" : decimal(this.delay, 0)}</td></tr>
      </tbody>
    </table>`;
  }

  #engine(): TemplateResult | null {
    const { engine } = this;
    if (engine === null) return null;
    const name = engine.backend === "webgpu" ? t("status.engine.webgpu") : t("status.engine.wasm", { n: engine.threads });
    return html`<dl>
      <dt>${t("status.engine")}</dt><dd>${name}</dd>
      <dt>${t("status.bundle")}</dt><dd>${engine.bundle}</dd>
      <dt>${t("status.picture")}</dt><dd>${this.picture}</dd>
    </dl>`;
  }
}

customElements.define("dasa-status", DasaStatus);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-status": DasaStatus;
  }
}
