/** The packages that are bundled with the pages. A test compares this list with package.json. */

export interface LicenceRow {
  readonly component: string;
  readonly spdx: string;
  readonly source: string;
}

export const clientLicences: readonly LicenceRow[] = [
  { component: "@tanstack/lit-virtual", spdx: "MIT", source: "https://tanstack.com/virtual" },
  { component: "idb", spdx: "ISC", source: "https://github.com/jakearchibald/idb" },
  { component: "lit", spdx: "BSD-3-Clause", source: "https://lit.dev" },
  { component: "onnxruntime-web", spdx: "MIT", source: "https://onnxruntime.ai" },
  { component: "photoswipe", spdx: "MIT", source: "https://photoswipe.com" },
  { component: "swagger-ui-dist", spdx: "Apache-2.0", source: "https://swagger.io/tools/swagger-ui" },
  { component: "uplot", spdx: "MIT", source: "https://github.com/leeoniya/uPlot" },
];
