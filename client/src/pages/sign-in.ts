/** The page to sign in starts here. */
import "../styles/page.css";
import { DasaSignIn } from "../account/sign-in-page.js";
import { adoptStyles } from "../account/styles.js";
import { ApiClient } from "../api/client.js";
import { t } from "../words/index.js";

adoptStyles();
const base = new URL(".", document.baseURI).href;
document.title = t("page.title", { page: t("page.signIn") });
document.body.append(new DasaSignIn(new ApiClient(base), base));
