/** The page about an account starts here. */
import "../styles/page.css";
import { DasaAccount } from "../account/account-page.js";
import { adoptStyles } from "../account/styles.js";
import { ApiClient } from "../api/client.js";
import { t } from "../words/index.js";

adoptStyles();
const base = new URL(".", document.baseURI).href;
document.title = t("page.title", { page: t("page.account") });
document.body.append(new DasaAccount(new ApiClient(base)));
