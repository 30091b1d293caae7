/** `<dasa-password>`: change the password; every other session ends. */
import { html, LitElement, type TemplateResult } from "lit";
import type { AccountCalls } from "../api/accounts.js";
import { t } from "../words/index.js";
import { emptyFields, field, valueOf, wordsOf } from "./form.js";

export class DasaPassword extends LitElement {
  static override readonly properties = {
    busy: { state: true }, problem: { state: true }, said: { state: true }, missing: { state: true },
  };
  declare busy: boolean;
  declare problem: string;
  declare said: string;
  declare missing: ReadonlySet<string>;

  constructor(
    private readonly calls: AccountCalls,
    private readonly owner: string,
  ) {
    super();
    this.busy = false;
    this.problem = "";
    this.said = "";
    this.missing = new Set();
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    const password = (name: string, words: string, autocomplete: "current-password" | "new-password", hint?: string): TemplateResult =>
      field({ name, words, type: "password", autocomplete, missing: this.missing.has(name), ...(hint === undefined ? {} : { hint }) });
    return html`<section class="panel" aria-labelledby="password-title">
      <h2 id="password-title">${t("account.password.title")}</h2>
      <form class="panel-form" novalidate @submit=${this.#submit} data-testid="password-form">
        <input type="text" name="username" autocomplete="username" .value=${this.owner} readonly hidden />
        ${password("old", t("account.password.old"), "current-password")}
        ${password("new", t("account.password.new"), "new-password", t("account.password.hint"))}
        ${password("again", t("account.password.again"), "new-password")}
        <p class="notice bad" role="alert" ?hidden=${this.problem === ""} data-testid="password-problem">${this.problem}</p>
        <p role="status" class=${this.said === "" ? "hidden-text" : "notice"} data-testid="password-said">${this.said}</p>
        <div class="actions"><button type="submit" ?disabled=${this.busy}>${t("account.password.change")}</button></div>
      </form>
    </section>`;
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    this.problem = this.said = "";
    this.missing = emptyFields(form);
    if (this.missing.size > 0 || this.busy) return;
    if (valueOf(form, "new") !== valueOf(form, "again")) {
      this.problem = t("account.password.differ");
      (form.elements.namedItem("again") as HTMLInputElement).select();
      return;
    }
    void this.#change(form);
  };

  async #change(form: HTMLFormElement): Promise<void> {
    this.busy = true;
    try {
      await this.calls.changePassword(valueOf(form, "old"), valueOf(form, "new"));
      form.reset();
      this.said = t("account.password.changed");
    } catch (error) {
      this.problem = wordsOf(error, t("account.password.wrong"));
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("dasa-password", DasaPassword);
