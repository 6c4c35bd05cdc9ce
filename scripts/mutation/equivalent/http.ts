import type { Equivalent } from './equivalent.ts';

const REMEMBERED = 'What is remembered is what would be found out again. It saves time alone.';
const IN_EVERY_KEY =
  'It stands for what a request does not have, in the keys of the response cache alone, and tells it apart as well.';
const acceptLength = 'accept.length <= MAX_REMEMBERED_LENGTH';

export const HTTP: readonly Equivalent[] = [
  {
    file: 'http/client-bytes.ts',
    line: 'if (own === 0) heldByOwner.delete(owner);',
    replacement: 'false',
    reason: 'Who holds nothing may be known or not. It saves memory alone.',
  },
  {
    file: 'http/graphql/graphql-handler.ts',
    line: "const body = exchange.method === 'POST' ? await readBody(exchange.request, held) : '';",
    replacement: '"Stryker was here!"',
    reason: IN_EVERY_KEY,
  },
  {
    file: 'http/graphql/graphql-handler.ts',
    line: "const { accept = '', 'content-type': contentType = '' } = request.headers;",
    replacement: '"Stryker was here!"',
    reason: IN_EVERY_KEY,
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
