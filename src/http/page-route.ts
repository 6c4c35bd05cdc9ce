/** The run page at `/` and at every link into it, and its files below `/assets`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageSource } from './page-build.ts';
import type { Page } from './page-files.ts';
import { isNotModified } from './response-cache.ts';

export interface PageRouteOptions {
  readonly pageSource: PageSource;
  /** The key that the page starts with: that of the embedded upstream, whose data is a sample. */
  readonly sampleKey: string | null;
  /** What a proxy in front has before the page's addresses; empty where there is nothing. */
  readonly basePath: string;
}

/** All that the page loads and asks is the gateway's own; React sets styles one by one, which `style-src` allows. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function registerPageRoute(app: FastifyInstance, options: PageRouteOptions): void {
  const { pageSource } = options;

  async function answerPage(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // Why it can't be had is in the log.
    const page = await pageSource.load().catch(() => null);
    if (!page) return notBuilt(reply);
    return reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'referrer-policy': 'same-origin',
      })
      .send(htmlOf(page, options));
  }

  // The paths of the page's own router; any other stays a 404.
  app.get('/', answerPage);
  app.get('/workflows/*', answerPage);
  app.get('/assets/*', async (request, reply) => {
    const page = await pageSource.load().catch(() => null);
    const file = page?.files.get(request.url.replace(/[?#].*$/s, ''));
    if (!file) {
      reply.callNotFound();
      return reply;
    }
    // Vite puts a digest of the content into a file's name.
    const isNamedByContent = /-[\w-]{8}\.\w+$/.test(request.url);
    reply.headers({
      'content-type': file.type,
      'cache-control': isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      etag: file.etag,
    });
    if (isNotModified(request.headers['if-none-match'], file.etag)) return reply.code(304).send();
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    if (!takesGzip || !file.gzipped) return reply.send(file.body);
    return reply.header('content-encoding', 'gzip').send(file.gzipped);
  });
}

/** The build's relative addresses would not do: a link into the page is deeper than the page. */
function htmlOf({ html }: Page, { sampleKey, basePath }: PageRouteOptions): string {
  const tags = [
    basePath !== '' && `<meta name="base-path" content="${basePath}">`,
    sampleKey !== null && `<meta name="sample-key" content="${sampleKey}">`,
  ];
  return html
    .replaceAll('"./assets/', `"${basePath}/assets/`)
    .replace('</head>', `${tags.filter(Boolean).join('')}</head>`);
}

const notBuilt = (reply: FastifyReply): FastifyReply =>
  reply
    .code(503)
    .type('text/plain; charset=utf-8')
    .send('The run page is not built: the log says why. `npm run build` builds it; GraphQL is at /graphql.\n');
