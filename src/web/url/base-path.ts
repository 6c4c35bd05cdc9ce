/** Path below which the page is served: the gateway's configured path, or the root. */

/** A gateway with a path also serves the page at the root, for clients that bypass the proxy. */
function findBasePath(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name=base-path]')?.content ?? '';
  return `${window.location.pathname}/`.startsWith(`${named}/`) ? named : '';
}

/** Empty, or a path such as `/stepgate`. */
export const basePath = findBasePath();

export const GRAPHQL_URL = `${basePath}/graphql`;
export const STREAM_URL = `${basePath}/graphql/stream`;
