/** `<dasa-account>`: who is signed in, the room that is taken, password, access tokens. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { AccountCalls } from "../api/accounts.js";
import type { ApiClient } from "../api/client.js";
import { Library } from "../api/library.js";
import { Screenshots } from "../api/screenshots.js";
import type { SessionAnswer, TotalsAnswer } from "../generated/api.js";
import "../view/header.js";
import { icons } from "../view/icons.js";
import { fileSize, t } from "../words/index.js";
import { wordsOf } from "./form.js";
import { signInAddress } from "./next.js";
import { DasaPassword } from "./password.js";
import { DasaTokens } from "./tokens.js";

export class DasaAccount extends LitElement {
  static override readonly properties = { session: { state: true }, totals: { state: true }, problem: { state: true } };
  declare session: SessionAnswer | null;
  declare totals: TotalsAnswer | null;
  declare problem: string;
  readonly #calls: AccountCalls;
  readonly #leaving = new AbortController();
  #password: DasaPassword | null = null;
  #tokens: DasaTokens | null = null;

  constructor(
    private readonly api: ApiClient,
    private readonly go: (address: string) => void = (address) => { location.replace(address); },
  ) {
    super();
    this.session = null;
    this.totals = null;
    this.problem = "";
    this.#calls = new AccountCalls(api);
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
  }

  protected override render(): TemplateResult {
    return html`
      <dasa-header page="account" @skip=${() => { this.querySelector("main")?.focus(); }}></dasa-header>
      <main tabindex="-1">
        <h1>${t("account.title")}</h1>
        ${this.session === null && this.problem === "" ? html`<p role="status" class="soft">${t("account.loading")}</p>` : nothing}
        ${this.problem === ""
          ? nothing
          : html`<div class="panel" role="alert"><p>${this.problem}</p>
              <div class="actions"><button type="button" @click=${() => { void this.#ask(); }}>${t("action.retry")}</button></div></div>`}
        ${this.session === null ? nothing : this.#sections(this.session)}
      </main>
    `;
  }

  #sections(session: SessionAnswer): TemplateResult {
    return html`
      ${session.sign_in
        ? who(session, () => { void this.#signOut(); })
        : html`<section class="panel" aria-labelledby="none"><h2 id="none">${t("account.none.title")}</h2><p>${t("account.none.text")}</p></section>`}
      ${this.totals === null ? nothing : storage(session, this.totals)}
      ${this.#password ?? nothing} ${this.#tokens ?? nothing}
    `;
  }

  async #ask(): Promise<void> {
    const { signal } = this.#leaving;
    this.problem = "";
    try {
      const session = await new Screenshots(this.api).session(signal);
      if (session.sign_in && session.owner === null && session.store) {
        this.go(signInAddress(location.href));
        return;
      }
      this.totals = await new Library(this.api).totals({}, signal);
      if (session.owner !== null && session.sign_in) {
        this.#password ??= new DasaPassword(this.#calls, session.owner);
        this.#tokens ??= new DasaTokens(this.#calls);
      }
      this.session = session;
    } catch (error) {
      if (!signal.aborted) this.problem = wordsOf(error, "");
    }
  }

  async #signOut(): Promise<void> {
    try {
      await this.#calls.signOut();
      this.go("sign-in?out");
    } catch (error) {
      this.problem = wordsOf(error, "");
    }
  }
}

function who({ owner, role }: SessionAnswer, signOut: () => void): TemplateResult {
  return html`<section class="panel" aria-label=${t("account.who")}>
    <dl class="pairs">
      <dt>${t("account.who")}</dt><dd><strong data-testid="owner">${owner}</strong></dd>
      <dt>${t("account.role")}</dt><dd>${t(role === "admin" ? "account.role.admin" : "account.role.user")}</dd>
    </dl>
    <div class="actions"><button type="button" @click=${signOut}>${icons.leave}${t("account.signOut")}</button></div>
  </section>`;
}

function storage({ limits }: SessionAnswer, totals: TotalsAnswer): TemplateResult {
  const days = limits.retention_days;
  const used = t("account.storage.used.value", { n: totals.count, used: fileSize(totals.bytes), quota: fileSize(totals.quota) });
  return html`<section class="panel" aria-labelledby="storage" data-testid="storage">
    <h2 id="storage">${t("account.storage.title")}</h2>
    <dl class="pairs">
      <dt>${t("account.storage.used")}</dt>
      <dd>${used}<br /><meter min="0" max=${totals.quota} high=${0.9 * totals.quota} value=${totals.bytes} aria-label=${used}></meter></dd>
      <dt>${t("account.storage.retention")}</dt>
      <dd>${days === null ? t("account.storage.forever") : t("account.storage.days", { n: days })}</dd>
      <dt>${t("account.storage.undo")}</dt><dd>${t("account.storage.undo.value", { n: limits.undo_seconds })}</dd>
    </dl>
    <div class="actions"><a class="button" href="gallery">${t("page.gallery")}</a></div>
  </section>`;
}

customElements.define("dasa-account", DasaAccount);
