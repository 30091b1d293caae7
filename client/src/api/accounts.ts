/** Calls that change who somebody is to the server: signing in and out, password, access tokens. */
import type { FreshToken, SessionAnswer, TokenAnswer, TokensAnswer } from "../generated/api.js";
import type { ApiClient } from "./client.js";
import { json } from "./library.js";

export class AccountCalls {
  constructor(private readonly api: Pick<ApiClient, "call">) {}

  async signIn(name: string, password: string, signal?: AbortSignal): Promise<SessionAnswer> {
    return (await (await this.api.call("session", json("POST", { name, password }, signal))).json()) as SessionAnswer;
  }

  async signOut(signal?: AbortSignal): Promise<void> {
    await this.api.call("session", { method: "DELETE", signal });
  }

  /** All other sessions of the account end. */
  async changePassword(old: string, fresh: string, signal?: AbortSignal): Promise<void> {
    await this.api.call("account/password", json("PUT", { old, new: fresh }, signal));
  }

  async tokens(signal?: AbortSignal): Promise<readonly TokenAnswer[]> {
    return ((await (await this.api.call("account/tokens", { signal })).json()) as TokensAnswer).tokens;
  }

  /** A new token; its text is in this answer and nowhere else. */
  async makeToken(label: string, signal?: AbortSignal): Promise<FreshToken> {
    return (await (await this.api.call("account/tokens", json("POST", { label }, signal))).json()) as FreshToken;
  }

  async revokeToken(id: string, signal?: AbortSignal): Promise<void> {
    await this.api.call(`account/tokens/${id}`, { method: "DELETE", signal });
  }
}
