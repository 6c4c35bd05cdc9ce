/** Serves the run page at `/` and its links, its files below `/assets`, and GraphiQL, as built by `npm run build`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { packageFile } from '../config/package-file.ts';
import type { Logger } from '../observability/logger.ts';
import { pageAnswer, textAnswer, type HttpAnswer, type Write } from './answer.ts';

export interface PageOptions {
  /** Folder of the built page. */
  readonly folder?: string | undefined;
  /** The key that the page starts with, or null without the embedded upstream. */
  readonly sampleKey: string | null;
  /** Path of the gateway: BASE_PATH and the plugin's prefix, or empty. */
  readonly basePath: string;
  /** Whether browsers get the page, with 404, at all other paths below `basePath`. */
  readonly hasOtherPaths: boolean;
  /** Whether GraphiQL is served. */
  readonly hasExplorers: boolean;
  readonly logger: Logger;
  readonly write: Write;
}

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

/** Vite adds a digest of the content to a file's name; the build adds compressed files. */
const NAMED_BY_CONTENT = /-[\w-]{8}\.\w+(?:\.br|\.gz)?$/;
const FOR_EVER = 'public, max-age=31536000, immutable';

export function createRunPage(options: PageOptions): FastifyPluginAsync {
  const { folder = packageFile('dist/page'), hasExplorers, hasOtherPaths, logger, write } = options;

  return async (app) => {
    const htmlOf = (name: string) => readHtml(join(folder, name), options);
    const [page, graphiql] = await Promise.all([htmlOf('index.html'), htmlOf('graphiql.html')]);
    const answerOf = (html: string | null, policy: string): HttpAnswer =>
      html === null ? NOT_BUILT : pageAnswer(html, { 'content-security-policy': policy });
    const get = (url: string, answer: HttpAnswer) => app.get(url, (_request, reply) => write(reply, answer));
    const runPage = answerOf(page, policyOf());

    for (const url of ['/', '/cost', '/workflows/*']) get(url, runPage);
    // Its editor adds style elements without a nonce, and has its icons in a font.
    if (hasExplorers) get('/graphiql', answerOf(graphiql, policyOf("'self' 'unsafe-inline'", 'font-src data:')));
    if (page === null) {
      logger.warn('the web UI is not built: run `npm run build`, then start again');
      return;
    }
    if (hasOtherPaths) {
      app.get('/*', { exposeHeadRoute: false }, (request, reply) => {
        // Programs get an error for every unknown path.
        if (request.headers.accept?.includes('text/html') === true) write(reply, { ...runPage, status: 404 });
        else reply.callNotFound();
      });
    }
    await app.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      // One route per file of the build.
      wildcard: false,
      globIgnore: ['**/*.br', '**/*.gz'],
      index: false,
      decorateReply: false,
      preCompressed: true,
      acceptRanges: false,
      lastModified: false,
      cacheControl: false,
      setHeaders(reply, path) {
        void reply.header('cache-control', NAMED_BY_CONTENT.test(path) ? FOR_EVER : 'no-cache');
      },
    });
  };
}

/** Returns null if the page isn't built. */
async function readHtml(path: string, { sampleKey, basePath }: PageOptions): Promise<string | null> {
  const html = await readFile(path, 'utf8').catch(() => null);
  const tags = [
    basePath !== '' && `<meta name="base-path" content="${basePath}">`,
    sampleKey !== null && `<meta name="sample-key" content="${sampleKey}">`,
  ];
  // The build has relative URLs, which are wrong for deeper links into the page.
  return (
    html
      ?.replaceAll('"./assets/', `"${basePath}/assets/`)
      .replace('</head>', `${tags.filter(Boolean).join('')}</head>`) ?? null
  );
}

const NOT_BUILT = textAnswer(
  'The web UI is not built. Run `npm ci && npm run build` in the clone, then start again. GraphQL is at /graphql.\n',
  503,
);
