/** The page of the API: Swagger UI from our own files, under the same content security policy as every page. */
import "../styles/page.css";
import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";
import styles from "swagger-ui-dist/swagger-ui.css?inline";
import { t } from "../words/index.js";
import "../view/header.js";
import docsStyles from "./docs/docs.css?inline";

document.title = t("page.title", { page: t("page.docs") });

const header = document.createElement("dasa-header");
header.page = "docs";
const main = document.createElement("main");
main.tabIndex = -1;
header.addEventListener("skip", () => { main.focus(); });
const status = document.createElement("p");
status.setAttribute("role", "status");
status.textContent = t("docs.loading");
const target = document.createElement("div");
main.append(status, target);
document.body.append(header, main);

const sheet = new CSSStyleSheet();
// Its pictures are data: addresses, which the policy forbids; only arrows of select fields are lost.
sheet.replaceSync(styles.replaceAll(/url\((["']?)data:[\s\S]*?\1\)/g, "none"));
const own = new CSSStyleSheet();
own.replaceSync(docsStyles);
document.adoptedStyleSheets = [sheet, own];

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = (): void => {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
};
dark.addEventListener("change", follow);
follow();

/** What Swagger UI leaves out for people who do not see the page: landmarks, levels of headings, names of fields. */
function describe(page: HTMLElement): void {
  // Its calls are a main landmark of their own; ours gives way, and what stands before them gets a landmark too.
  const own = page.querySelector<HTMLElement>("main");
  if (own !== null) {
    own.tabIndex = -1;
    header.addEventListener("skip", () => { own.focus(); });
    main.replaceWith(page);
  }
  for (const part of page.querySelectorAll(".information-container, .scheme-container")) {
    if (part.closest("main") !== null) continue;
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", t(part.matches(".scheme-container") ? "docs.server" : "page.docs"));
  }
  for (const heading of page.querySelectorAll("h3.opblock-tag, .models h4")) heading.setAttribute("aria-level", "2");
  page.querySelector("#servers")?.setAttribute("aria-label", t("docs.server"));
}

SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  domNode: target,
  deepLinking: false, // its links lie inside buttons, which screen readers cannot tell apart
  validatorUrl: null, // would ask another site
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: ["get"],
  onComplete: () => {
    status.remove();
    describe(target);
  },
});
