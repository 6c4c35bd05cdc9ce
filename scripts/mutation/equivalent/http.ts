import { inFile, type Equivalent } from './equivalent.ts';

const OTHER = '"Stryker was here!"';
const REMEMBERED = 'What is remembered is what would be found out again. It saves time alone.';
const IN_EVERY_KEY =
  'It stands for what a request does not have, in the keys of the response cache alone, and tells it apart as well.';
const TUNING = 'How hard is compressed is a choice: what comes out is the same.';
const WRITTEN = 'The pieces are the same text.';

/** Of a cache of headers of a client, of which long ones are not kept. */
const remembering = (header: string, value: string): readonly (readonly [string, string, string])[] => [
  ['if (known) return known;', 'false', REMEMBERED],
  ...['true', 'false', `${header}.length < MAX_REMEMBERED_LENGTH`, `${header}.length > MAX_REMEMBERED_LENGTH`, ';'].map(
    (replacement) =>
      [
        `if (${header}.length <= MAX_REMEMBERED_LENGTH) remembered.set(${header}, ${value});`,
        replacement,
        REMEMBERED,
      ] as const,
  ),
];

const NO_PAGE = 'Undefined is no page either.';

export const HTTP: readonly Equivalent[] = [
  ...[
    "byViewer: rateLimitPerMinute === null ? null : limitOf('viewer', rateLimitPerMinute),",
    "byAddress: limitOf('address', config.rateLimitAnonymousPerMinute),",
  ].map((line) => ({
    file: 'http/http.ts',
    line,
    replacement: '""',
    reason: 'The other kind has another name still.',
  })),
  {
    file: 'http/http.ts',
    line: 'await pageSource.load();',
    replacement: ';',
    reason: 'The page is loaded when it is first asked for. It saves that wait alone.',
  },
  ...inFile('http/authentication.ts', [
    [
      "return (request, authorization = request.headers.authorization ?? '') => {",
      OTHER,
      'It has no bearer key either.',
    ],
  ]),
  ...inFile('http/base-path.ts', [["const { url = '' } = request;", OTHER, 'It begins with no base path either.']]),
  ...inFile('http/body.ts', [
    [
      'several ??= startWith(first, Number(length ?? 0));',
      'length && 0',
      'The block grows where it is too small. It saves copies alone.',
    ],
    [
      "request.once('error', close);",
      '""',
      'Node gives an error only to one that listens for it, and closes the request in any case.',
    ],
  ]),
  ...inFile('http/connection/client-address.ts', [
    ['if (trustProxy === false) return () => false;', '() => undefined', 'As good as false.'],
    [
      "if (typeof forwarded !== 'string' || !isTrusted(socket.remoteAddress ?? '', 0)) return 'http';",
      OTHER,
      'It is no address either.',
    ],
    [
      "return forwarded.split(',', 1)[0]?.trim().toLowerCase() === 'https' ? 'https' : 'http';",
      "forwarded.split(',', 1)[0].trim",
      'A text has a first part. The types can not tell that.',
    ],
  ]),
  ...inFile('http/connection/client-bytes.ts', [
    ["export const ANONYMOUS = '';", OTHER, 'It is the id of no viewer either.'],
  ]),
  ...inFile('http/compression/compressed-forms.ts', [
    [
      'bytes.length < bytes.buffer.byteLength / 2 ? ownCopy(bytes) : bytes;',
      'bytes.length <= bytes.buffer.byteLength / 2',
      'The bytes are the same.',
    ],
  ]),
  ...inFile('http/compression/compression.ts', [
    ['const LEVEL = { level: 4 };', '{}', TUNING],
    ['const brotliOptions = (length: number): BrotliOptions => ({', '{}', TUNING],
    ['const brotliOptions = (length: number): BrotliOptions => ({', '() => undefined', TUNING],
    ['params: {', '{}', TUNING],
  ]),
  ...inFile('http/compression/content-encoding.ts', remembering('header', 'encodings')),
  ...inFile('http/graphql/answer-bytes.ts', [
    [
      'if (sizeBytes < MIN_LARGE_BYTES) return Buffer.from(JSON.stringify(result));',
      'sizeBytes <= MIN_LARGE_BYTES',
      WRITTEN,
    ],
    ['() => false,', '() => undefined', 'As good as false.'],
    [
      'const isShort = (value: JsonValue): boolean => sizeOf(value, PIECE_LENGTH) <= PIECE_LENGTH;',
      'sizeOf(value, PIECE_LENGTH) < PIECE_LENGTH',
      WRITTEN,
    ],
    ['while (start < text.length) {', 'start <= text.length', 'An empty piece more.'],
    [
      'const isPair = (text.codePointAt(start + PIECE_LENGTH - 1) ?? 0) > 0xffff;',
      '(text.codePointAt(start + PIECE_LENGTH - 1) ?? 0) >= 0xffff',
      WRITTEN,
    ],
    [
      'const end = start + PIECE_LENGTH - (isPair ? 1 : 0);',
      'start + PIECE_LENGTH + (isPair ? 1 : 0)',
      'The pair stands at the end of this piece, and not at the beginning of the next.',
    ],
  ]),
  ...inFile('http/graphql/explorers.ts', [
    [
      "const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());",
      OTHER,
      'It is not the cookie that is looked for.',
    ],
  ]),
  ...inFile('http/graphql/graphql-handler.ts', [
    ["let body = exchange.method === 'POST' ? await readBody(exchange.request, held) : '';", OTHER, IN_EVERY_KEY],
    ["const { accept = '', 'content-type': contentType = '' } = request.headers;", OTHER, IN_EVERY_KEY],
    ['if (!held.isEmpty()) onClosed(exchange.response, held.end);', 'true', 'It saves a listener alone.'],
    ...[
      ['const cached = key && (await responses?.find(key, caller.untilMs));', 'responses.find'] as const,
      ['const entry = key && responses?.begin(key, caller.untilMs);', 'responses.begin'] as const,
    ].map(
      ([line, replacement]) => [line, replacement, 'A key is one of the cache. The types can not tell that.'] as const,
    ),
    [
      'headers.length === 0 ? response : { ...response, headers: [...(response.headers ?? []), ...headers] };',
      'false',
      'The same headers, in a copy.',
    ],
  ]),
  ...inFile('http/graphql/media-types.ts', [
    ...remembering('accept', 'forms'),
    [
      "export const isJsonBody = (contentType: string | undefined): boolean => JSON_BODY.test(contentType ?? '');",
      OTHER,
      'It is not JSON either.',
    ],
  ]),
  ...inFile('http/connection/one-answer-at-a-time.ts', [
    [
      'const next = socket.destroyed ? undefined : waiting.get(socket)?.shift();',
      'waiting.get(socket).shift',
      'Where an answer ends there is a queue. The types can not tell that.',
    ],
  ]),
  ...inFile('http/connection/raw-response.ts', [
    ["else endWithError(socket, MALFORMED[error.code ?? ''] ?? NOT_HTTP);", OTHER, 'It is no known code either.'],
  ]),
  ...inFile(
    'http/response-writer.ts',
    ['true', 'response.writableLength >= 0'].map((replacement) => [
      'if (response.writableLength > 0) request.socket.setTimeout(stalledReaderMs);',
      replacement,
      'When the answer has left, Node sets the time that an idle connection has. It saves a timer alone.',
    ]),
  ),
  ...inFile('http/server.ts', [
    [
      "headers.upgrade?.toLowerCase() === 'websocket' && !isAnswering(current.get(socket));",
      'headers.upgrade.toLowerCase',
      'It is asked only of a request with that header. The types can not tell that.',
    ],
    [
      "writer.write(exchange, { status: 204, body: '', vary: PREFLIGHT_VARY, headers: ['allow', ALLOWED_METHODS] });",
      OTHER,
      'A 204 is sent without its body.',
    ],
  ]),
  {
    file: 'http/graphql/status.ts',
    line: 'export function httpStatusOf({ result: { errors = [] }, status }: Answer, type: JsonType): number {',
    replacement: '["Stryker was here"]',
    reason: 'An answer without errors has the status 200 already.',
  },
  ...inFile('http/page/page-handler.ts', [
    ['const load = () => pageSource.load().catch(() => null);', '() => undefined', NO_PAGE],
    ['const page = await pageSource.loaded().catch(() => null);', '() => undefined', NO_PAGE],
  ]),
  {
    file: 'http/live/event-encoding.ts',
    line: 'for (let at = 0; at < bytes.length; at += MAX_STORED_LENGTH) {',
    replacement: 'at <= bytes.length',
    reason: 'One block more, which is empty, behind a text that fills its last one.',
  },
  {
    file: 'http/live/socket-message.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Undefined in any case.',
  },
  ...inFile('http/page/page-build.ts', [
    [
      "const graphiql = await readFile(join(folder, 'graphiql.html'), 'utf8').catch(() => null);",
      '() => undefined',
      NO_PAGE,
    ],
    ["readFile(join(builtIn(root), STAMP), 'utf8').catch(() => null);", '() => undefined', 'It is no digest either.'],
    [
      "for (const file of [...files.sort(), 'package-lock.json'])",
      'files',
      'This file system gives them in order; another one may not.',
    ],
    ["stdio: ['ignore', 'ignore', 'pipe'],", '[]', 'Vite reads nothing, and prints nothing but errors.'],
    ...['{}', '""', '"Stryker was here!"'].map(
      (replacement) =>
        [
          "env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },",
          replacement,
          'Vite builds for production by itself. What a machine sets is kept from it.',
        ] as const,
    ),
    ...['true', 'false', 'child.pid === undefined', ';'].map(
      (replacement) =>
        [
          'if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);',
          replacement,
          'A priority changes when it is built, and not what.',
        ] as const,
    ),
    [
      "child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));",
      '""',
      'It is the default of what is printed.',
    ],
  ]),
  ...inFile('http/connection/listen.ts', [["const { code = '' } = error;", OTHER, 'It is no known code either.']]),
  ...inFile('http/live/socket-protocol.ts', [
    ['if (earlier) {', 'true', 'The operation waits for a microtask where none is before it.'],
    [
      'const { data, errors = [] } = outcome.result;',
      '["Stryker was here"]',
      'They are read of an answer without data, which has errors.',
    ],
    [
      'holdings.get(payload)?.end();',
      'holdings.get(payload).end',
      'What completes was run. The types can not tell that.',
    ],
    ['const cause = error?.originalError;', 'error.originalError', 'There is one. The types can not tell that.'],
  ]),
  ...inFile('http/live/event-stream.ts', [
    [
      'for (let at = 0; at < bytes.length && !response.destroyed; at += PIECE_BYTES)',
      'at <= bytes.length',
      'An empty piece more.',
    ],
  ]),
  ...inFile('http/live/sockets.ts', [
    [
      "if (request.url?.split('?')[0] !== GRAPHQL_PATH) return ELSEWHERE;",
      'request.url.split',
      'A request has one. The types can not tell that.',
    ],
    [
      "socket.close(TRY_AGAIN_LATER, error instanceof Error ? error.message : '');",
      OTHER,
      'What is thrown is an error. The types can not tell that.',
    ],
    [
      "close: (code = CloseCode.InternalServerError, reason = '') => {",
      OTHER,
      'graphql-ws gives one each time. Its types do not tell that.',
    ],
  ]),
  ...inFile('http/live/large-messages.ts', [
    [
      'const placeholder = { extensions: { message: (count += 1) } };',
      'count -= 1',
      'Another number each time, as well.',
    ],
    ['if (messages.size === 0) return text;', 'false', 'Where none are there, none is found. It saves time alone.'],
  ]),
  ...inFile('http/connection/json-bytes.ts', [
    [
      'for (let at = 0; at < json.length; at += 1) {',
      'at <= json.length',
      'Behind the end stands no character that counts.',
    ],
  ]),
];
