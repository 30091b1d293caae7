/** The gallery starts here. */
import "../styles/page.css";
import { DasaGallery } from "../gallery/gallery-page.js";
import { t } from "../words/index.js";

document.title = t("page.title", { page: t("page.gallery") });
document.body.append(new DasaGallery());
