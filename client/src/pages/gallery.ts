/** The gallery starts here. */
import "../styles/page.css";
import "../styles/viewer.css";
import { ApiClient } from "../api/client.js";
import { DasaGallery } from "../gallery/gallery-page.js";
import { t } from "../words/index.js";

document.title = t("page.title", { page: t("page.gallery") });
document.body.append(new DasaGallery(new ApiClient(new URL(".", document.baseURI).href)));
