/** `<dasa-tokens>`: personal access tokens: make one (shown once), see them, revoke them. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { AccountCalls } from "../api/accounts.js";
import type { FreshToken, TokenAnswer } from "../generated/api.js";
import { icons } from "../view/icons.js";
import { t } from "../words/index.js";
import { moment } from "../words/times.js";
import { emptyFields, field, valueOf, wordsOf } from "./form.js";

export class DasaTokens extends LitElement {
  static override readonly properties = {
    tokens: { state: true },
    fresh: { state: true },
    asked: { state: true },
    said: { state: true },
    problem: { state: true },
    missing: { state: true },
  };
  declare tokens: readonly TokenAnswer[] | null;
  declare fresh: FreshToken | null;
  declare asked: string | null; // id of the token that is about to be revoked
  declare said: string;
  declare problem: string;
  declare missing: ReadonlySet<string>;

  constructor(private readonly calls: AccountCalls) {
    super();
    this.tokens = null;
    this.fresh = null;
    this.asked = null;
    this.said = "";
    this.problem = "";
    this.missing = new Set();
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#doing(async () => { this.tokens = await this.calls.tokens(); });
  }

  protected override render(): TemplateResult {
    return html`<section class="panel" aria-labelledby="tokens-title" data-testid="tokens">
      <h2 id="tokens-title">${t("account.tokens.title")}</h2>
      <p class="soft">${t("account.tokens.text")}</p>
      ${this.#list()}
      ${this.fresh === null ? this.#form() : this.#secret(this.fresh)}
      <p role="status" class=${this.said === "" ? "hidden-text" : "notice"}>${this.said}</p>
      <p class="notice bad" role="alert" ?hidden=${this.problem === ""}>${this.problem}</p>
    </section>`;
  }

  #list(): TemplateResult | typeof nothing {
    if (this.tokens === null) return nothing;
    if (this.tokens.length === 0) return html`<p>${t("account.tokens.none")}</p>`;
    return html`<ul class="tokens">${this.tokens.map((token) => this.#token(token))}</ul>`;
  }

  #token({ id, label, created, used }: TokenAnswer): TemplateResult {
    const last = used === null ? t("account.tokens.unused") : t("account.tokens.used", { when: moment(Date.parse(used)) });
    return html`<li data-testid="token">
      <div class="what">
        <strong>${label}</strong><br />
        <span class="soft small">${t("account.tokens.created", { when: moment(Date.parse(created)) })}, ${last}</span>
      </div>
      ${this.asked === id
        ? html`<button type="button" class="grave" data-testid="revoke-agree" @click=${() => { void this.#revoke(id, label); }}>
              ${t("account.tokens.revokeOne", { label })}
            </button>
            <button type="button" @click=${() => { this.asked = null; }}>${t("action.cancel")}</button>`
        : html`<button type="button" aria-label=${t("account.tokens.revokeOne", { label })} data-testid="revoke"
            @click=${() => { this.asked = id; }}>${t("account.tokens.revoke")}</button>`}
    </li>`;
  }

  #form(): TemplateResult {
    return html`<form class="row" novalidate @submit=${this.#submit} data-testid="token-form">
      ${field({ name: "label", words: t("account.tokens.label"), type: "text", autocomplete: "off", missing: this.missing.has("label"), maximum: 80 })}
      <button type="submit">${t("account.tokens.make")}</button>
    </form>`;
  }

  #secret({ label, token }: FreshToken): TemplateResult {
    return html`<div class="secret" data-testid="fresh">
      <label for="secret"><strong>${t("account.tokens.fresh", { label })}</strong></label>
      <p>${t("account.tokens.once")}</p>
      <input id="secret" readonly .value=${token} spellcheck="false" autocomplete="off" @focus=${(event: Event) => { (event.target as HTMLInputElement).select(); }} />
      <div class="actions">
        <button type="button" class="primary" data-testid="copy" @click=${() => { void this.#copy(token); }}>${icons.copy}${t("account.tokens.copy")}</button>
        <button type="button" data-testid="token-done" @click=${this.#done}>${t("account.tokens.done")}</button>
      </div>
    </div>`;
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    this.missing = emptyFields(form);
    if (this.missing.size > 0) return;
    void this.#doing(async () => {
      const fresh = await this.calls.makeToken(valueOf(form, "label"));
      this.fresh = fresh;
      this.tokens = await this.calls.tokens();
      await this.updateComplete;
      this.querySelector<HTMLInputElement>("#secret")?.focus();
    });
  };

  readonly #done = (): void => {
    this.fresh = null;
    this.said = "";
    void this.updateComplete.then(() => { this.querySelector<HTMLInputElement>("#label")?.focus(); });
  };

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.said = t("account.tokens.copied");
    } catch (error) {
      // Not allowed, or no secure page: the field is there to copy from.
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      this.said = t("account.tokens.notCopied");
      this.querySelector<HTMLInputElement>("#secret")?.focus();
    }
  }

  async #revoke(id: string, label: string): Promise<void> {
    await this.#doing(async () => {
      await this.calls.revokeToken(id);
      this.tokens = await this.calls.tokens();
      this.said = t("account.tokens.revoked", { label });
    });
    this.asked = null;
  }

  async #doing(run: () => Promise<void>): Promise<void> {
    this.problem = "";
    this.said = "";
    try {
      await run();
    } catch (error) {
      this.problem = wordsOf(error, "");
    }
  }
}

customElements.define("dasa-tokens", DasaTokens);
