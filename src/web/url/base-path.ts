/** Where on its host the page is: below the path that the gateway names, or at the root. */

/** A gateway that has a path is found at the root, too, by whoever reaches it without the proxy. */
function findBasePath(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name=base-path]')?.content ?? '';
  return `${window.location.pathname}/`.startsWith(`${named}/`) ? named : '';
}

/** Empty, or a path such as `/stepgate`. */
export const basePath = findBasePath();

export const GRAPHQL_URL = `${basePath}/graphql`;
export const STREAM_URL = `${basePath}/graphql/stream`;
