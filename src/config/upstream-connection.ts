/** Settings of the upstream connection: the header with the key, additional headers, and proxies. */
import { z } from 'zod';
import { HTTP, readBy, readUrl, SECRET, text, type SettingMeta } from './forms.ts';

/** A header's name is a token; its value is visible ASCII with blanks inside (RFC 9110). */
const HEADER = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)$/;

/** The gateway sets these itself, or they would change the response. docs/configuration.md lists them. */
const RESERVED: ReadonlySet<string> = new Set([
  ...[
    'accept',
    'accept-encoding',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'expect',
    'host',
  ],
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'keep-alive', 'range'],
  ...['proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['traceparent', 'tracestate', 'x-request-id'],
]);

function readHeader(text: string): readonly [string, string] | null {
  const [, name = '', value = ''] = HEADER.exec(text.trim()) ?? [];
  return name === '' || RESERVED.has(name.toLowerCase()) ? null : [name.toLowerCase(), value];
}

/** The name is in lower case. The key replaces `{key}` in the template. */
function readAuthHeader(text: string): { readonly name: string; readonly template: string } | null {
  const [name, template = ''] = readHeader(text) ?? [];
  return name !== undefined && template.includes('{key}') ? Object.freeze({ name, template }) : null;
}

/** Split at `;`, or at line breaks, in which case a value may contain a `;`. */
function readHeaders(text: string): unknown {
  const parts = text.split(text.includes('\n') ? '\n' : ';').filter((part) => part.trim() !== '');
  const headers = parts.map(readHeader).filter((header) => header !== null);
  const names = new Set(headers.map(([name]) => name));
  return names.size === parts.length ? Object.fromEntries(headers) : text;
}

/** Names are in lower case. */
const HEADERS = z.record(z.string(), z.string()).transform((given, { issues }): Readonly<Record<string, string>> => {
  const headers = Object.entries(given).map(([name, value]) => readHeader(`${name}: ${value}`));
  const names = new Map(headers.filter((header) => header !== null));
  if (names.size === headers.length) return Object.freeze(Object.fromEntries(names));
  issues.push({ code: 'custom', input: given });
  return z.NEVER;
});

/** A proxy is often written without its scheme. */
function readProxy(given: string): string | null {
  const text = given.includes('://') ? given : `http://${given}`;
  return readUrl(text, HTTP, ['search', 'hash'])?.pathname === '/' ? text : null;
}

const proxy = () =>
  readBy(readProxy, 'the http or https URL of a proxy, with % in a password as %25').meta(SECRET).optional();

export const UPSTREAM_CONNECTION = {
  upstreamAuthHeader: readBy(readAuthHeader, 'a header with {key} in its value, not a reserved one')
    .meta(SECRET)
    .prefault('authorization: Bearer {key}')
    .describe('Header that carries the key, such as `x-api-key: {key}`.'),
  upstreamHeaders: HEADERS.meta({
    expected: 'an object of headers, none reserved',
    expectedText: 'headers, each once and none reserved, separated by ; or line breaks',
    read: readHeaders,
    isSecret: true,
    shownType: 'Readonly<Record<string, string>>',
  } satisfies SettingMeta)
    .default({})
    .describe('Additional headers for each upstream call, such as `x-tenant: acme; x-stage: test`.'),
  httpProxy: proxy().describe('Proxy for an `http` upstream.'),
  httpsProxy: proxy().describe('Proxy for an `https` upstream, through CONNECT.'),
  noProxy: text('a comma-separated list of hosts').optional().describe('Hosts to reach without a proxy.'),
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Lower-case proxy variables take precedence, as in curl and Node. */
export const withLowerCaseProxies = (environment: Environment): Environment => ({
  ...environment,
  ...Object.fromEntries(
    ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => {
      const value = environment[name.toLowerCase()];
      return value?.trim() ? [[name, value]] : [];
    }),
  ),
});

export function connectionOf(
  settings: z.output<z.ZodObject<typeof UPSTREAM_CONNECTION>>,
  fail: (sentence: string) => never,
) {
  const { upstreamAuthHeader: authHeader, upstreamHeaders: headers } = settings;
  const { httpProxy: HTTP_PROXY, httpsProxy: HTTPS_PROXY, noProxy: NO_PROXY } = settings;
  if (Object.hasOwn(headers, authHeader.name)) {
    return fail(`{upstreamHeaders} must not include ${authHeader.name}: {upstreamAuthHeader} sends the key in it.`);
  }
  const hasProxy = HTTP_PROXY !== undefined || HTTPS_PROXY !== undefined;
  // The shape of `proxyEnv`, an option of Node's agents.
  const proxyEnv = hasProxy ? Object.freeze({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY }) : null;
  return Object.freeze({ authHeader, headers, proxy: proxyEnv });
}
