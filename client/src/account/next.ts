/** Where to go after signing in: only to pages of this very application. Pure. */

/**
 * The address that was wanted, as far as it is one of ours; else `fallback`.
 *
 * @param wanted what stands in the query
 * @param base the application's own address, such as https://dasa.example/ or https://example.org/dasa/
 * @param fallback page within the application
 */
export function nextAddress(wanted: string | null, base: string, fallback: string): string {
  const home = new URL(fallback, base);
  if (wanted === null) return home.href;
  let next: URL;
  try {
    next = new URL(wanted, base);
  } catch {
    return home.href; // not an address at all
  }
  const inside = next.origin === home.origin && next.pathname.startsWith(new URL(base).pathname);
  const isSignIn = next.pathname === new URL("sign-in", base).pathname; // would come back here
  return inside && !isSignIn && next.username === "" ? next.href : home.href;
}

/** The address of the sign-in page, which leads back to `here` afterwards. */
export function signInAddress(here: string): string {
  const { pathname, search } = new URL(here);
  return `sign-in?${new URLSearchParams({ next: pathname + search }).toString()}`;
}
