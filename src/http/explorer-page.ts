/**
 * Apollo Sandbox, for browsers that open `/graphql`. Without internet access, the browser is redirected to GraphiQL.
 */
import { errorAnswer, pageAnswer, type HttpAnswer } from './answer.ts';

export interface ExplorerPageOptions {
  /** Sandbox as constant HTML, or null if explorers are off. */
  readonly landingPage: () => Promise<string | null>;
  /** Path of the gateway: BASE_PATH and the plugin's prefix, or empty. */
  readonly basePath: string;
}

/** Resolves to the page, or to null if the request contains an operation. */
export type ExplorerPage = (requestId: string, search: string) => Promise<HttpAnswer | null>;

export function createExplorerPage({ landingPage, basePath }: ExplorerPageOptions): ExplorerPage {
  let sandbox: HttpAnswer | undefined;

  return async (requestId, search) => {
    const html = await landingPage();
    if (html !== null) return (sandbox ??= pageAnswer(withGraphiql(html, `${basePath}/graphiql`)));
    return search === '' ? errorAnswer(requestId, 400, 'BAD_REQUEST', IS_OFF) : null;
  };
}

/**
 * Adds a link to GraphiQL, and a script that follows it if Sandbox can't be loaded. Sandbox's policy requires its
 * nonce.
 */
function withGraphiql(html: string, url: string): string {
  const nonce = /<style nonce="?([\w-]+)/.exec(html)?.[1] ?? '';
  return html
    .replace('<head>', `<head><script nonce="${nonce}">${fallbackTo(url)}</script>`)
    .replace(
      '</body>',
      `<style nonce="${nonce}">${LINK_STYLE}</style>` +
        `<a class="graphiql-link" href="${url}">GraphiQL (works offline)</a></body>`,
    );
}

const SANDBOX_WITHIN_MS = 5000;

/** The page loads Sandbox as a script, which may fail at once, or hang if a firewall drops its packets. */
const fallbackTo = (url: string): string =>
  `{const leave=()=>window.EmbeddedSandbox||location.replace(${JSON.stringify(url)});` +
  `addEventListener("load",leave);setTimeout(leave,${SANDBOX_WITHIN_MS})}`;

const LINK_STYLE =
  '.graphiql-link{position:fixed;right:12px;bottom:12px;z-index:1;padding:6px 10px;border-radius:5px;' +
  'background:#1b1c1e;color:#fff;font:13px system-ui,sans-serif;text-decoration:none}';

const IS_OFF =
  'Apollo Sandbox is disabled. Set SANDBOX=on to enable it. Send operations with POST, or with GET as ?query=….';
