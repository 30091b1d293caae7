/** `<dasa-sign-in>`: who are you? Then on to where you wanted to go. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { AccountCalls } from "../api/accounts.js";
import type { ApiClient } from "../api/client.js";
import { ProblemError, UnreachableError } from "../api/problems.js";
import { Screenshots } from "../api/screenshots.js";
import type { SessionAnswer } from "../generated/api.js";
import "../view/header.js";
import { t } from "../words/index.js";
import { emptyFields, field, lockedFor, valueOf, wordsOf } from "./form.js";
import { nextAddress } from "./next.js";

export class DasaSignIn extends LitElement {
  static override readonly properties = {
    session: { state: true },
    busy: { state: true },
    problem: { state: true },
    missing: { state: true },
    wait: { state: true },
    visible: { state: true },
  };
  declare session: SessionAnswer | null; // null: not known (yet)
  declare busy: boolean;
  declare problem: string;
  declare missing: ReadonlySet<string>;
  declare wait: number; // seconds until the next try is worth while
  declare visible: boolean; // the password
  readonly #leaving = new AbortController();
  readonly #query = new URLSearchParams(location.search);

  constructor(
    private readonly api: ApiClient,
    private readonly base: string,
    private readonly go: (address: string) => void = (address) => { location.replace(address); },
  ) {
    super();
    this.session = null;
    this.busy = false;
    this.problem = "";
    this.missing = new Set();
    this.wait = 0;
    this.visible = false;
  }

  /** In the document itself: password managers do not look into shadow trees. */
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
      <main class="narrow" tabindex="-1">
        <h1>${this.session?.sign_in === false ? t("account.none.title") : t("account.signIn")}</h1>
        ${this.session?.sign_in === false ? none() : this.#form()}
      </main>
    `;
  }

  #form(): TemplateResult {
    const out = this.#query.has("out") && this.problem === "";
    const down = this.session?.store === false && this.problem === "";
    return html`
      <form class="panel" novalidate method="post" action="sign-in" @submit=${this.#submit} data-testid="sign-in-form">
        ${out ? html`<p class="notice" role="status">${t("account.signedOut")}</p>` : nothing}
        ${down ? html`<p class="notice bad" role="status">${t("account.store")}</p>` : nothing}
        <p class="soft">${t("account.signIn.lead")}</p>
        ${field({ name: "name", words: t("account.name"), type: "text", autocomplete: "username", missing: this.missing.has("name"), maximum: 64 })}
        ${field({
          name: "password", words: t("account.password"), type: this.visible ? "text" : "password",
          autocomplete: "current-password", missing: this.missing.has("password"),
        })}
        <label class="check">
          <input type="checkbox" .checked=${this.visible} @change=${(event: Event) => { this.visible = (event.target as HTMLInputElement).checked; }} />
          ${t("account.showPassword")}
        </label>
        <p class="notice bad" role="alert" data-testid="problem" ?hidden=${this.problem === ""}>
          ${this.wait > 0 ? lockedFor(this.wait) : this.problem}
        </p>
        <div class="actions">
          <button type="submit" class="primary" ?disabled=${this.busy || this.wait > 0} data-testid="submit">
            ${this.busy ? t("account.signingIn") : t("account.signIn")}
          </button>
        </div>
        <p class="soft small">${t("account.forgot")}</p>
      </form>
    `;
  }

  async #ask(): Promise<void> {
    try {
      this.session = await new Screenshots(this.api).session(this.#leaving.signal);
      if (this.session.sign_in && this.session.owner !== null) this.#onward();
      else this.updateComplete.then(() => { this.#focus(); }, () => undefined);
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      if (!(error instanceof ProblemError || error instanceof UnreachableError)) throw error;
      this.problem = wordsOf(error, "");
    }
  }

  /** The keys go to the first field, but for somebody who has begun to type: the answer may have taken its time. */
  #focus(): void {
    if (this.querySelector("form")?.contains(document.activeElement) !== true) this.querySelector<HTMLInputElement>("#name")?.focus();
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    this.missing = emptyFields(form);
    if (this.missing.size > 0 || this.busy) return;
    void this.#signIn(form);
  };

  async #signIn(form: HTMLFormElement): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await new AccountCalls(this.api).signIn(valueOf(form, "name"), valueOf(form, "password"));
      this.#onward();
    } catch (error) {
      this.problem = wordsOf(error, t("account.wrong"));
      if (error instanceof ProblemError && error.problem.status === 429) this.#count(error.retryAfterSeconds ?? 1);
      this.busy = false;
      await this.updateComplete;
      (form.elements.namedItem("password") as HTMLInputElement).select();
    }
  }

  #count(seconds: number): void {
    this.wait = seconds;
    const timer = setInterval(() => {
      this.wait -= 1;
      if (this.wait > 0) return;
      clearInterval(timer);
      this.problem = t("account.unlocked");
    }, 1000);
    this.#leaving.signal.addEventListener("abort", () => { clearInterval(timer); }, { once: true });
  }

  #onward(): void {
    this.go(nextAddress(this.#query.get("next"), this.base, "gallery"));
  }
}

/** On a server for this computer alone there is nothing to sign in to. */
function none(): TemplateResult {
  return html`<div class="panel">
    <p>${t("account.none.text")}</p>
    <div class="actions"><a class="button primary" href="gallery">${t("page.gallery")}</a><a class="button" href="./">${t("page.live")}</a></div>
  </div>`;
}

customElements.define("dasa-sign-in", DasaSignIn);
