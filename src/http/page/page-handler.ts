/** The run page at `/` and at every link into it, and its files below `/assets`. */
import type { Handler } from '../exchange.ts';
import { errorResponse, type HttpResponse, type ResponseWriter } from '../response-writer.ts';
import type { PageSource } from './page-source.ts';

export interface PageHandlersOptions {
  readonly pageSource: PageSource;
  readonly writer: ResponseWriter;
  /** The key that the page starts with, over the embedded upstream. Null over any other. */
  readonly sampleKey: string | null;
  /** BASE_PATH; empty if there is none. */
  readonly basePath: string;
}

export interface PageHandlers {
  readonly page: Handler;
  readonly assets: Handler;
  /** Null if it is not built. */
  readonly graphiql: () => Promise<GraphiqlPage | null>;
}

export type GraphiqlPage = Pick<HttpResponse, 'body' | 'contentSecurityPolicy'>;

/** The page loads from the gateway only. React sets styles through the DOM, which `style-src 'self'` allows. */
const policyOf = (styles = "'self'", ...more: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    ...more,
  ].join('; ');

export const ASSETS_PATH = '/assets/';
/** Vite puts a digest of the content into a file's name. */
const NAMED_BY_CONTENT = /-[\w-]{8}\.\w+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';

export function createPageHandlers(options: PageHandlersOptions): PageHandlers {
  const { pageSource, writer } = options;

  return {
    async page(exchange) {
      const page = await pageSource();
      if (!page) {
        writer.write(exchange, { status: 503, body: NOT_BUILT, contentType: 'text/plain; charset=utf-8' });
        return;
      }
      writer.write(exchange, {
        status: 200,
        body: htmlOf(page.html, options),
        contentType: 'text/html; charset=utf-8',
        cacheControl: 'no-cache',
        contentSecurityPolicy: policyOf(),
        headers: ['referrer-policy', 'same-origin'],
      });
    },

    async graphiql() {
      const html = (await pageSource())?.graphiql;
      if (html == null) return null;
      // Its editor adds style elements without a nonce, and has its icons in a font.
      return {
        body: htmlOf(html, options),
        contentSecurityPolicy: policyOf("'self' 'unsafe-inline'", 'font-src data:'),
      };
    },

    async assets(exchange) {
      const page = await pageSource();
      const asset = await page?.asset(exchange.path.slice(ASSETS_PATH.length));
      if (!asset) {
        writer.write(exchange, errorResponse(exchange, 404, 'NOT_FOUND', 'The run page has no such file.'));
        return;
      }
      const cacheControl = NAMED_BY_CONTENT.test(exchange.path) ? FOR_EVER : 'no-cache';
      writer.write(exchange, { status: 200, ...asset, cacheControl });
    },
  };
}

/** The build has relative URLs. They would be wrong on a link into the page, whose path is deeper. */
function htmlOf(html: string, { sampleKey, basePath }: PageHandlersOptions): string {
  const tags = [
    basePath !== '' && `<meta name="base-path" content="${basePath}">`,
    sampleKey !== null && `<meta name="sample-key" content="${sampleKey}">`,
  ];
  return html
    .replaceAll('"./assets/', `"${basePath}/assets/`)
    .replace('</head>', `${tags.filter(Boolean).join('')}</head>`);
}

const NOT_BUILT =
  'The run page is not built. Run `npm ci && npm run build:page` in the clone, then start again. GraphQL is at /graphql.\n';
