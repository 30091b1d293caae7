/** After signing in only pages of this application are gone to. */
import { expect, it } from "vitest";
import { nextAddress, signInAddress } from "../../src/account/next.js";

const BASE = "https://dasa.example/tools/";

it.each([
  ["/tools/gallery?open=1", "https://dasa.example/tools/gallery?open=1"],
  ["account", "https://dasa.example/tools/account"],
  [null, "https://dasa.example/tools/gallery"],
])("goes to %s", (wanted, address) => {
  expect(nextAddress(wanted, BASE, "gallery")).toBe(address);
});

it.each([
  "https://evil.example/", "//evil.example/tools/", "\\\\evil.example", "javascript:alert(1)", "data:text/html,x", "/other/app",
  "https://dasa.example.evil.example/tools/", "http://dasa.example/tools/gallery", "https://a@dasa.example/tools/gallery",
  "/tools/../elsewhere", "/tools/sign-in?next=x", "http://[", "/\t/evil.example",
])("does not go to %s", (wanted) => {
  expect(nextAddress(wanted, BASE, "gallery")).toBe("https://dasa.example/tools/gallery");
});

it("is told where to come back to", () => {
  const address = new URL(signInAddress("https://dasa.example/tools/gallery?emotion=fear#x"), BASE);
  expect(nextAddress(address.searchParams.get("next"), BASE, "gallery")).toBe("https://dasa.example/tools/gallery?emotion=fear");
});
