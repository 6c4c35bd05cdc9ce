/** URLs of variables that may hold credentials. */

/** Null: it is no URL, or its user name or password is not percent-encoded. Clients decode these, and would throw. */
export function readUrl(text: string): URL | null {
  try {
    const url = new URL(text);
    decodeURIComponent(`${url.username}:${url.password}`);
    return url;
  } catch {
    return null;
  }
}
