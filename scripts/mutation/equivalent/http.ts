import { inFile, type Equivalent } from './equivalent.ts';

const REMEMBERED = 'What is remembered is what would be found out again. It saves time alone.';
const acceptLength = 'accept.length <= MAX_REMEMBERED_LENGTH';

const NO_PAGE = 'Undefined is no page either.';

export const HTTP: readonly Equivalent[] = [
  {
    file: 'http/client-bytes.ts',
    line: 'if (own === 0) heldByOwner.delete(owner);',
    replacement: 'false',
    reason: 'Who holds nothing may be known or not. It saves memory alone.',
  },
  {
    file: 'http/graphql/media-types.ts',
    line: 'if (known) return known;',
    replacement: 'false',
    reason: REMEMBERED,
  },
  {
    file: 'http/graphql/media-types.ts',
    line: "const { accept = '' } = request.headers;",
    replacement: '"Stryker was here!"',
    reason: 'No client sends that, so it remembers nothing else.',
  },
  ...['true', 'false', acceptLength.replace('<=', '<'), acceptLength.replace('<=', '>'), ';'].map((replacement) => ({
    file: 'http/graphql/media-types.ts',
    line: `if (${acceptLength}) remembered.set(accept, forms);`,
    replacement,
    reason: REMEMBERED,
  })),
  {
    file: 'http/graphql/media-types.ts',
    line: "export const isJsonBody = (contentType: string | undefined): boolean => JSON_BODY.test(contentType ?? '');",
    replacement: '"Stryker was here!"',
    reason: 'It is not JSON either.',
  },
  {
    file: 'http/graphql/status.ts',
    line: 'export function httpStatusOf({ result: { errors = [] }, status }: Answer, type: JsonType): number {',
    replacement: '["Stryker was here"]',
    reason: 'An answer without errors has the status 200 already.',
  },
  ...inFile('http/page/page-handler.ts', [
    ['const load = () => pageSource.load().catch(() => null);', '() => undefined', NO_PAGE],
    ['const page = await pageSource.loaded().catch(() => null);', '() => undefined', NO_PAGE],
    [
      "request.headers['accept-encoding'] = br ? 'br' : gzip ? 'gzip' : '';",
      '"Stryker was here!"',
      'It names no encoding either.',
    ],
  ]),
  {
    file: 'http/live/event-encoding.ts',
    line: 'for (let at = 0; at < bytes.length; at += MAX_STORED_LENGTH) {',
    replacement: 'at <= bytes.length',
    reason: 'One block more, which is empty, behind a text that fills its last one.',
  },
  ...['false', '""'].map((replacement) => ({
    file: 'http/live/socket-message.ts',
    line: 'if (!text.includes(\'"subscribe"\')) return text;',
    replacement,
    reason: 'A fast path: the checks below it say the same of such a text.',
  })),
  {
    file: 'http/live/socket-message.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Undefined in any case.',
  },
];
