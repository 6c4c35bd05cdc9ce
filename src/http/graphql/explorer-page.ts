/** What a browser gets that opens `/graphql`: Apollo Sandbox, or GraphiQL, which needs no internet. It remembers which. */
import { createCompressedForms } from '../compression/compressed-forms.ts';
import { GRAPHQL_VARY, type Exchange } from '../exchange.ts';
import type { GraphiqlPage } from '../page/page-handler.ts';
import { errorResponse, type ResponseWriter } from '../response-writer.ts';
import { chosenExplorer, explorerCookie } from './explorers.ts';

/** True if the request was answered; otherwise it asks for an operation. */
export type AnswerBrowser = (exchange: Exchange) => Promise<boolean>;

export interface ExplorerPageOptions {
  /** Sandbox as HTML, the same each time; null where explorers are switched off. */
  readonly landingPage: () => Promise<string | null>;
  /** Null if it is not built. */
  readonly graphiql: () => Promise<GraphiqlPage | null>;
  /** BASE_PATH; empty if there is none. */
  readonly basePath: string;
  readonly writer: ResponseWriter;
}

/** Of a browser's navigation, which prefers HTML. */
export function createExplorerPage({ landingPage, graphiql, basePath, writer }: ExplorerPageOptions): AnswerBrowser {
  const forms = createCompressedForms();
  let sandbox: string | undefined;

  return async (exchange) => {
    const page = await landingPage();
    if (page === null) {
      if (exchange.search !== '') return false;
      writer.write(exchange, { ...errorResponse(exchange, 400, 'BAD_REQUEST', IS_OFF), vary: GRAPHQL_VARY });
      return true;
    }
    const { explorer, isNew } = chosenExplorer(exchange);
    const chosen = explorer === 'graphiql' ? await graphiql() : null;
    sandbox ??= withSwitch(page, basePath);
    const cookie = isNew ? ['set-cookie', explorerCookie(explorer, basePath)] : [];
    writer.write(exchange, {
      status: 200,
      contentType: 'text/html; charset=utf-8',
      cacheControl: 'no-cache',
      vary: `${GRAPHQL_VARY}, cookie`,
      headers: ['referrer-policy', 'same-origin', ...cookie],
      ...(chosen ?? { body: sandbox, forms }),
    });
    return true;
  };
}

/** Sandbox with a link to GraphiQL: all that is left of the page without the internet. Its own policy wants its nonce. */
function withSwitch(page: string, basePath: string): string {
  const nonce = /<style nonce="?([\w-]+)/.exec(page)?.[1] ?? '';
  return page.replace(
    '</body>',
    `<style nonce="${nonce}">${SWITCH_STYLE}</style>` +
      `<a class="graphiql-switch" href="${basePath}/graphql?explorer=graphiql">GraphiQL (works offline)</a></body>`,
  );
}

const SWITCH_STYLE =
  '.graphiql-switch{position:fixed;right:12px;bottom:12px;z-index:1;padding:6px 10px;border-radius:5px;' +
  'background:#1b1c1e;color:#fff;font:13px system-ui,sans-serif;text-decoration:none}';

const IS_OFF =
  'Apollo Sandbox is switched off; SANDBOX=on switches it on. An operation is sent by POST, or by GET as ?query=….';
