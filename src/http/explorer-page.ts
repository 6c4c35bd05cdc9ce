/** Apollo Sandbox, for a browser that opens `/graphql`. Without the internet the browser goes on to GraphiQL. */
import type { FastifyReply } from 'fastify';
import { createPage, sendError, type SendPage } from './replies.ts';

export interface ExplorerPageOptions {
  /** Sandbox as HTML, the same each time. Null if explorers are switched off. */
  readonly landingPage: () => Promise<string | null>;
  /** The path of the gateway: BASE_PATH and the prefix of the plugin. Empty if there is none. */
  readonly basePath: string;
}

/** False: the request asks for an operation. */
export function createExplorerPage({ landingPage, basePath }: ExplorerPageOptions) {
  let sandbox: SendPage | undefined;

  return async (reply: FastifyReply, search: string): Promise<boolean> => {
    const html = await landingPage();
    if (html !== null) void (sandbox ??= createPage(withGraphiql(html, `${basePath}/graphiql`)))(reply);
    else if (search !== '') return false;
    else void sendError(reply, 400, 'BAD_REQUEST', IS_OFF);
    return true;
  };
}

/** Adds a link to GraphiQL, and a script that follows it if Sandbox cannot be loaded. Sandbox's policy requires its nonce. */
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

/** The page loads Sandbox as a script, which may fail at once, or never end if a firewall drops its packets. */
const fallbackTo = (url: string): string =>
  `{const leave=()=>window.EmbeddedSandbox||location.replace(${JSON.stringify(url)});` +
  `addEventListener("load",leave);setTimeout(leave,${SANDBOX_WITHIN_MS})}`;

const LINK_STYLE =
  '.graphiql-link{position:fixed;right:12px;bottom:12px;z-index:1;padding:6px 10px;border-radius:5px;' +
  'background:#1b1c1e;color:#fff;font:13px system-ui,sans-serif;text-decoration:none}';

const IS_OFF =
  'Apollo Sandbox is switched off: set SANDBOX=on to use it. Send operations by POST, or by GET as ?query=….';
