/** `<dasa-gallery>`: the screenshots that are kept. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ApiClient } from "../api/client.js";
import { Library } from "../api/library.js";
import { ProblemError, UnreachableError } from "../api/problems.js";
import { Screenshots } from "../api/screenshots.js";
import { signInAddress } from "../account/next.js";
import type { SessionAnswer } from "../generated/api.js";
import type { Manifest } from "../generated/manifest.js";
import { base, controls } from "../styles/shared.js";
import "../view/header.js";
import { Palette } from "../view/palette.js";
import { popovers } from "../view/popovers.js";
import { loadSettings, saveSettings, type Settings } from "../view/settings.js";
import { DasaToasts } from "../view/toasts.js";
import { fileSize, t } from "../words/index.js";
import { Actions } from "./actions.js";
import { menu, selectionBar } from "./bars.js";
import { Collection } from "./collection.js";
import "./delete-all.js";
import { everything, type Filter, filterOf, isEverything, openIn, queryOf, which } from "./filter.js";
import "./filters.js";
import "./grid.js";
import { columnsFor, type Columns } from "./layout.js";
import { Opening } from "./opening.js";
import { groupToggled, kept, nothing as nothingSelected, type Selection, stretched, toggled } from "./selection.js";
import { empty, skeleton, stateStyles, troubleCard } from "./states.js";
import { galleryStyles } from "./styles.js";
import { Thumbnails } from "./thumbnails.js";
import type { Pick } from "./tile.js";

const FIRST_ROWS = 6;
const UNDO_S = 30; // until the server has said how long

export class DasaGallery extends LitElement {
  static override readonly properties = {
    selection: { state: true },
    columns: { state: true },
    manifest: { state: true },
    session: { state: true },
    settings: { state: true },
    covered: { state: true },
  };
  declare selection: Selection;
  declare columns: Columns;
  declare manifest: Manifest | null;
  declare session: SessionAnswer | null;
  declare settings: Settings;
  declare covered: number;
  readonly #library: Library;
  readonly #collection: Collection;
  readonly #thumbnails: Thumbnails;
  readonly #toasts = new DasaToasts();
  readonly #actions: Actions;
  readonly #opening: Opening;
  #palette: Palette | null = null;
  #leaving = new AbortController();
  #asking = false;
  readonly #sizes = new ResizeObserver(() => { this.#measure(); });

  static override readonly styles = [base, controls, popovers, stateStyles, galleryStyles];

  constructor(private readonly api: ApiClient) {
    super();
    this.selection = nothingSelected;
    this.columns = { count: 2, side: 100 };
    this.manifest = null;
    this.session = null;
    this.settings = loadSettings(localStorage);
    this.covered = 0;
    this.#library = new Library(api);
    this.#collection = new Collection(this.#library, () => { this.#changed(); });
    this.#thumbnails = new Thumbnails((id, signal) => this.#library.thumbnail(id, signal));
    this.#actions = new Actions(this.#collection, this.#library, this.#toasts, () => this.#undoSeconds);
    this.#opening = new Opening(this.#collection, this.#library, {
      palette: () => this.#palette,
      thumbnailOf: (id) => this.#thumbnails.peek(id),
      erase: (id) => { void this.#actions.delete(new Set([id])); },
      covers: (covers) => { this.inert = covers; },
      closed: (id) => { void this.#grid?.focusOn(id); },
      notThere: () => { this.#toasts.show({ text: t("gallery.notThere"), seconds: 6 }); },
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    document.body.append(this.#toasts);
    this.#toasts.addEventListener("left", () => { this.#refocus(); }, { signal });
    window.addEventListener("popstate", () => { this.#followAddress(); }, { signal });
    window.addEventListener("online", () => { this.#collection.retry(); }, { signal });
    window.addEventListener("keydown", (event) => { this.#key(event); }, { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && window.scrollY < window.innerHeight) void this.#collection.refresh();
    }, { signal });
    void this.#ask();
    this.#collection.show(filterOf(new URLSearchParams(location.search)));
    void this.#opening.follow(openIn(new URLSearchParams(location.search)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
    this.#opening.stop();
    this.#collection.stop();
    this.#thumbnails.clear();
    this.#sizes.disconnect();
    this.#toasts.remove();
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    if (changes.has("manifest") || changes.has("settings")) {
      this.#palette = this.manifest === null ? null : new Palette(this.manifest, this.settings.palette);
    }
  }

  protected override firstUpdated(): void {
    this.#sizes.observe(this.renderRoot.querySelector(".content")!);
    this.#sizes.observe(this.renderRoot.querySelector(".bar")!);
    this.#measure();
  }

  protected override render(): TemplateResult {
    return html`
      <dasa-header page="gallery" @skip=${() => { this.renderRoot.querySelector("main")?.focus(); }}></dasa-header>
      <main tabindex="-1" id="main">
        <div class="top">
          <h1>${t("gallery.title")}</h1>
          <p class="soft small figures" data-testid="summary">${this.#summary()}</p>
          ${this.#isBare ? nothing : this.#menu()}
        </div>
        <div class="bar" ?hidden=${this.#isBare}>${this.#bar()}</div>
        <p class="hidden-text" role="status">${this.#status()}</p>
        <div class="content">${this.#content()}</div>
      </main>
      <dasa-delete-all .undoSeconds=${this.#undoSeconds} @agree=${() => { void this.#actions.deleteAll(); }}></dasa-delete-all>
    `;
  }

  #content(): TemplateResult {
    const { shots, trouble, retryIn, started, loading, unfinished } = this.#collection;
    const card = trouble === null
      ? nothing
      : troubleCard(trouble, retryIn, signInAddress(location.href), () => { this.#collection.retry(); });
    if (!started) return trouble === null ? skeleton(this.columns, FIRST_ROWS, true) : html`${card}`;
    if (shots.length === 0 && !unfinished && trouble === null) {
      return empty(!isEverything(this.#collection.filter), () => { this.#filter(everything); });
    }
    return html`
      <dasa-grid
        .shots=${shots}
        .columns=${this.columns}
        .palette=${this.#palette}
        .thumbnails=${this.#thumbnails}
        .selection=${this.selection}
        .complete=${!unfinished}
        .covered=${this.covered}
        @pick=${this.#pick}
        @day=${(event: CustomEvent<{ ids: string[] }>) => { this.selection = groupToggled(this.selection, event.detail.ids); }}
        @erase=${(event: CustomEvent<{ id: string }>) => { this.#erase(event.detail.id); }}
        @all=${() => { this.selection = { ids: new Set(shots.map(({ id }) => id)), anchor: null }; }}
        @clear=${() => { this.selection = nothingSelected; }}
        @near-end=${() => { if (!this.settings.moreByButton) void this.#collection.more(); }}
      ></dasa-grid>
      ${card}
      ${trouble === null && unfinished ? this.#tail(loading) : nothing}
    `;
  }

  #tail(loading: boolean): TemplateResult {
    if (loading || !this.settings.moreByButton) return skeleton(this.columns, 2, false);
    return html`<p class="more"><button type="button" data-testid="more" @click=${() => { void this.#collection.more(); }}>
      ${t("gallery.more")}
    </button></p>`;
  }

  #bar(): TemplateResult {
    const { filter, totals } = this.#collection;
    if (this.selection.ids.size > 0) {
      return selectionBar(this.selection.ids.size, {
        clear: () => {
          this.selection = nothingSelected;
          this.#refocus();
        },
        download: () => { void this.#actions.download(this.#selectedInOrder()); },
        erase: () => { this.#erase(null); },
      });
    }
    return html`<dasa-filters
      .filter=${filter} .totals=${totals} .manifest=${this.manifest} .palette=${this.#palette}
      @filter=${(event: CustomEvent<Filter>) => { this.#filter(event.detail); }}
    ></dasa-filters>`;
  }

  #menu(): TemplateResult {
    const { shots, filter } = this.#collection;
    return menu({
      byButton: this.settings.moreByButton,
      setByButton: (moreByButton) => {
        this.settings = { ...this.settings, moreByButton };
        saveSettings(localStorage, this.settings);
      },
      archive: shots.length === 0 ? null : this.#library.archiveAddress(which(filter)),
      filtered: !isEverything(filter),
      deleteAll: () => { void this.#askDeleteAll(); },
    });
  }

  get #grid(): HTMLElementTagNameMap["dasa-grid"] | null {
    return this.renderRoot.querySelector("dasa-grid");
  }

  /** Whether there is nothing that could be filtered: no pictures at all, or nobody signed in. */
  get #isBare(): boolean {
    const { trouble, started, unfinished, shots, filter } = this.#collection;
    return trouble?.kind === "signedOut" || (started && !unfinished && shots.length === 0 && isEverything(filter));
  }

  get #undoSeconds(): number {
    return this.session?.limits.undo_seconds ?? UNDO_S;
  }

  #summary(): TemplateResult | typeof nothing {
    const { totals } = this.#collection;
    if (totals === null) return nothing;
    const room = t("gallery.room", { used: fileSize(totals.bytes), quota: fileSize(totals.quota) });
    return html`${t("gallery.count", { n: totals.count })}<span class="room"> · ${room}</span>`;
  }

  /** What screen readers are told of changes. */
  #status(): string {
    const { started, trouble, total } = this.#collection;
    if (trouble !== null) return t(`trouble.gallery.${trouble.kind}.title`);
    if (!started) return t("gallery.loading");
    return t("filter.shown", { n: total });
  }

  #selectedInOrder(): readonly string[] {
    return this.#collection.shots.map(({ id }) => id).filter((id) => this.selection.ids.has(id));
  }

  #changed(): void {
    const there = new Set(this.#collection.shots.map(({ id }) => id));
    if (this.selection.ids.size > 0) this.selection = kept(this.selection, there);
    if (this.#collection.trouble === null && this.manifest === null) void this.#ask();
    this.#opening.update();
    this.requestUpdate();
  }

  /** The manifest's colours and names, and what the server allows; the listing tells of troubles. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const { signal } = this.#leaving;
    try {
      [this.manifest, this.session] = await Promise.all([this.api.bundle(signal), new Screenshots(this.api).session(signal)]);
    } catch (error) {
      if (!signal.aborted && !(error instanceof ProblemError || error instanceof UnreachableError)) throw error;
    } finally {
      this.#asking = false;
    }
  }

  readonly #pick = (event: CustomEvent<Pick>): void => {
    const { id, how } = event.detail;
    switch (how) {
      case "open": void this.#opening.open(id); break;
      case "toggle": this.selection = toggled(this.selection, id); break;
      case "range": this.selection = stretched(this.selection, id, this.#collection.shots.map((shot) => shot.id)); break;
      default: how satisfies never;
    }
  };

  /** The selection where there is one, else the one named. */
  #erase(id: string | null): void {
    const ids = this.selection.ids.size > 0 ? this.selection.ids : new Set(id === null ? [] : [id]);
    this.selection = nothingSelected;
    void this.#actions.delete(ids);
    this.#refocus();
  }

  async #askDeleteAll(): Promise<void> {
    const dialog = this.renderRoot.querySelector("dasa-delete-all")!;
    try {
      dialog.count = (await this.#library.totals({})).count; // all of it, whatever the filter shows
    } catch (error) {
      if (!(error instanceof ProblemError || error instanceof UnreachableError)) throw error;
      this.#toasts.show({ text: t("gallery.notDeleted", { detail: error.message }), seconds: 6 });
      return;
    }
    dialog.show();
  }

  #filter(filter: Filter): void {
    history.replaceState(history.state, "", `${location.pathname}${queryOf(filter, null)}`);
    this.selection = nothingSelected;
    this.#collection.show(filter);
    window.scrollTo({ top: 0 });
  }

  #followAddress(): void {
    const query = new URLSearchParams(location.search);
    const filter = filterOf(query);
    if (queryOf(filter, null) !== queryOf(this.#collection.filter, null)) this.#collection.show(filter);
    void this.#opening.follow(openIn(query));
  }

  /** What had the focus is gone: the keys go on where they were. */
  #refocus(): void {
    void this.updateComplete.then(() => this.#grid?.focusNear());
  }

  #key(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
    if (event.composedPath()[0] instanceof HTMLInputElement) return; // its own undo
    if (this.#toasts.undoNewest()) event.preventDefault();
  }

  #measure(): void {
    const content = this.renderRoot.querySelector<HTMLElement>(".content")!;
    const columns = columnsFor(content.clientWidth);
    if (columns.count !== this.columns.count || columns.side !== this.columns.side) this.columns = columns;
    this.covered = this.renderRoot.querySelector<HTMLElement>(".bar")!.offsetHeight;
  }
}

customElements.define("dasa-gallery", DasaGallery);
