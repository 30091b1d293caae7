/** Pictures as files of the user. */
import type { Encoded, Picture } from "./records.js";

const LET_GO_MS = 60_000; // a download has its own hold on the data once it has begun

/** Offers each picture as a file. */
export function download(pictures: readonly Picture[]): void {
  for (const picture of pictures) {
    for (const variant of ["masked", "plain"] as const) {
      const encoded = picture[variant];
      if (encoded !== null) offer(encoded, fileName(picture, variant));
    }
  }
}

/** A name that says when, and sorts by it; like those of the server. */
export function fileName({ taken, key }: Picture, variant: "masked" | "plain"): string {
  const moment = new Date(taken).toISOString().replaceAll(/[:.]/g, "-").replace("Z", "");
  return `dasa-${moment}-${key.slice(0, 8)}-${variant}.jpg`;
}

function offer({ bytes, type }: Encoded, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, LET_GO_MS);
}
