/**
 * `<dasa-who>`: in the header, who is signed in, with the ways to the account and out; nothing where nobody signs in.
 * `quiet`: no way to sign in either, where the page itself is that way.
 */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { AccountCalls } from "../api/accounts.js";
import { ApiClient } from "../api/client.js";
import { ProblemError, UnreachableError } from "../api/problems.js";
import { Screenshots } from "../api/screenshots.js";
import { signInAddress } from "../account/next.js";
import type { SessionAnswer } from "../generated/api.js";
import { base, controls } from "../styles/shared.js";
import { t } from "../words/index.js";
import { icons } from "./icons.js";
import { placeUnderButton, popovers, tellButton } from "./popovers.js";

export class DasaWho extends LitElement {
  static override readonly properties = { session: { state: true }, quiet: { type: Boolean } };
  declare session: SessionAnswer | null;
  declare quiet: boolean;
  readonly #api = new ApiClient(new URL(".", document.baseURI).href);
  readonly #leaving = new AbortController();

  static override readonly styles = [
    base,
    controls,
    popovers,
    css`
      :host {
        display: block;
      }
      button.who {
        max-inline-size: 12rem;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      @media (width < 48rem) {
        button.who .name {
          display: none;
        }
        a.button {
          padding-inline: var(--space-1);
          font-size: var(--text-small);
        }
      }
    `,
  ];

  constructor() {
    super();
    this.session = null;
    this.quiet = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leaving.abort();
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.session?.sign_in !== true) return nothing;
    const { owner } = this.session;
    if (owner === null) {
      if (this.quiet) return nothing;
      return html`<a class="button" href=${signInAddress(location.href)} data-testid="header-sign-in">${t("account.signIn")}</a>`;
    }
    return html`
      <button type="button" class="plain who" popovertarget="who" aria-expanded="false" data-testid="who"
        aria-label=${t("account.menu", { name: owner })}>${icons.account}<span class="name">${owner}</span></button>
      <div id="who" class="menu" popover @beforetoggle=${placeUnderButton} @toggle=${tellButton}>
        <a href="account">${icons.account}${t("account.title")}</a>
        <button type="button" data-testid="sign-out" @click=${this.#signOut}>${icons.leave}${t("account.signOut")}</button>
      </div>
    `;
  }

  async #ask(): Promise<void> {
    try {
      this.session = await new Screenshots(this.#api).session(this.#leaving.signal);
    } catch (error) {
      // The page itself says when the server cannot be reached; the header then stays as it is.
      if (!isOfServer(error) && !this.#leaving.signal.aborted) throw error;
    }
  }

  readonly #signOut = async (): Promise<void> => {
    try {
      await new AccountCalls(this.#api).signOut();
    } catch (error) {
      if (!isOfServer(error)) throw error;
      return; // still signed in, as the header goes on to say
    }
    location.assign("sign-in?out");
  };
}

function isOfServer(error: unknown): boolean {
  return error instanceof ProblemError || error instanceof UnreachableError;
}

customElements.define("dasa-who", DasaWho);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-who": DasaWho;
  }
}
