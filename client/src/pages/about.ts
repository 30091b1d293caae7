/** The page about DASA starts here. */
import "../styles/page.css";
import { ApiClient } from "../api/client.js";
import { t } from "../words/index.js";
import { DasaAbout } from "./about/about-page.js";

document.title = t("page.title", { page: t("page.about") });
document.body.append(new DasaAbout(new ApiClient(new URL(".", document.baseURI).href)));
