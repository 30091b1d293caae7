/** `<dasa-about>`: what DASA does, what it cannot tell, privacy, prohibited uses, the model in use, licences. */
import { html, LitElement, type TemplateResult } from "lit";
import type { ApiClient } from "../../api/client.js";
import type { Manifest, Metric } from "../../generated/manifest.js";
import { base } from "../../styles/shared.js";
import { reading } from "../../styles/reading.js";
import "../../view/header.js";
import "../../view/legend.js";
import { Palette } from "../../view/palette.js";
import { decimal, t } from "../../words/index.js";
import { clientLicences, type LicenceRow } from "./licences.js";

export class DasaAbout extends LitElement {
  static override readonly properties = { manifest: { state: true }, problem: { state: true } };
  declare manifest: Manifest | null;
  declare problem: string;

  static override readonly styles = [base, reading];
  readonly #leaving = new AbortController();

  constructor(private readonly api: Pick<ApiClient, "bundle">) {
    super();
    this.manifest = null;
    this.problem = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.api.bundle(this.#leaving.signal).then(
      (manifest) => { this.manifest = manifest; },
      (error: unknown) => { this.problem = error instanceof Error ? error.message : String(error); },
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
  }

  protected override render(): TemplateResult {
    return html`
      <dasa-header page="about" @skip=${() => { this.renderRoot.querySelector("main")?.focus(); }}></dasa-header>
      <main tabindex="-1">
        <h1>${t("about.title")}</h1>
        ${this.#what()} ${this.#cannot()} ${privacy()} ${uses()} ${this.#model()} ${this.#licences()}
      </main>
    `;
  }

  #what(): TemplateResult {
    const terms = this.manifest?.taxonomy.terms.length ?? 135;
    return html`<section aria-labelledby="what">
      <h2 id="what">${t("about.what.title")}</h2>
      <p>${t("about.what.text", { n: terms })}</p>
    </section>`;
  }

  #cannot(): TemplateResult {
    const points = [t("about.cannot.1"), t("about.cannot.2"), t("about.cannot.3"), t("about.cannot.4")];
    const specific = this.manifest?.specific ?? null;
    if (specific !== null) points.push(t(specific.terms.trained ? "about.cannot.trained" : "about.cannot.estimate"));
    return section("cannot", t("about.cannot.title"), points);
  }

  #model(): TemplateResult {
    const { manifest } = this;
    return html`<section aria-labelledby="model">
      <h2 id="model">${t("about.model.title")}</h2>
      ${manifest === null
        ? html`<p role="status">${this.problem === "" ? t("about.model.loading") : t("about.model.failed", { detail: this.problem })}</p>`
        : html`<p>${manifest.description}</p>
            <dl class="pairs">
              <dt>${t("about.model.bundle")}</dt><dd>${manifest.name} ${manifest.version}</dd>
              <dt>${t("about.model.data")}</dt><dd>${manifest.provenance.data}</dd>
              <dt>${t("about.model.recipe")}</dt><dd>${manifest.provenance.recipe}</dd>
              <dt>${t("about.model.commit")}</dt><dd>${manifest.provenance.commit}</dd>
            </dl>
            <h2>${t("about.metrics.title")}</h2>
            ${metrics(manifest.metrics)}
            <h2>${t("about.emotions.title")}</h2>
            <dasa-legend .palette=${new Palette(manifest, "vivid")}></dasa-legend>`}
    </section>`;
  }

  #licences(): TemplateResult {
    const rows: LicenceRow[] = [...(this.manifest?.licences ?? []), ...clientLicences];
    return html`<section aria-labelledby="licences">
      <h2 id="licences">${t("about.licences.title")}</h2>
      <p>${t("about.licences.text")}</p>
      <div class="table" tabindex="0" role="group" aria-labelledby="licences">
        <table>
          <thead>
            <tr>
              <th scope="col">${t("about.licences.component")}</th>
              <th scope="col">${t("about.licences.licence")}</th>
              <th scope="col">${t("about.licences.source")}</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ({ component, spdx, source }) =>
                html`<tr><th scope="row">${component}</th><td>${spdx}</td><td>${source}</td></tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  }
}

function privacy(): TemplateResult {
  return section("privacy", t("about.privacy.title"), [
    t("about.privacy.1"), t("about.privacy.2"), t("about.privacy.3"), t("about.privacy.4"),
  ]);
}

function uses(): TemplateResult {
  const points = [t("about.uses.1"), t("about.uses.2"), t("about.uses.3"), t("about.uses.4")];
  return section("uses", t("about.uses.title"), points, t("about.uses.lead"));
}

function section(id: string, title: string, points: readonly string[], lead?: string): TemplateResult {
  return html`<section aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    ${lead === undefined ? null : html`<p>${lead}</p>`}
    <ul class="text">${points.map((point) => html`<li>${point}</li>`)}</ul>
  </section>`;
}

function metrics(rows: readonly Metric[]): TemplateResult {
  if (rows.length === 0) return html`<p>${t("about.metrics.none")}</p>`;
  return html`<div class="table figures" tabindex="0" role="group" aria-label=${t("about.metrics.title")}>
    <table data-testid="metrics">
      <caption>${t("about.metrics.caption")}</caption>
      <thead>
        <tr>
          <th scope="col">${t("about.metrics.model")}</th>
          <th scope="col">${t("about.metrics.data")}</th>
          <th scope="col">${t("about.metrics.name")}</th>
          <th scope="col" class="number">${t("about.metrics.value")}</th>
          <th scope="col" class="number">${t("about.metrics.interval")}</th>
          <th scope="col" class="number">${t("about.metrics.count")}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ file, data, name, value, low, high, count }) => html`<tr>
            <td>${file}</td>
            <td>${data}</td>
            <th scope="row">${name}</th>
            <td class="number">${decimal(value, 3)}</td>
            <td class="number">${typeof low !== "number" || typeof high !== "number" ? "–" : `${decimal(low, 3)}–${decimal(high, 3)}`}</td>
            <td class="number">${typeof count !== "number" ? "–" : decimal(count, 0)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

customElements.define("dasa-about", DasaAbout);
