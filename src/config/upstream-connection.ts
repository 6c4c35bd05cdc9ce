/** How the upstream is reached: the header with the key, fixed further headers, and proxies. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { SECRET } from './forms.ts';
import { readUrl } from './url.ts';

export interface UpstreamAuthHeader {
  /** In lower case. */
  readonly name: string;
  /** `{key}` stands for the key. */
  readonly template: string;
}

/** As Node's agents take it: `proxyEnv`. */
export interface UpstreamProxy {
  readonly HTTP_PROXY?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

const DEFAULT_AUTH_HEADER: UpstreamAuthHeader = Object.freeze({ name: 'authorization', template: 'Bearer {key}' });
const KEY = '{key}';

/** A header's name is a token, its value visible ASCII with blanks inside (RFC 9110). */
const HEADER = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)$/;

/** The gateway sets these itself, or they would change what the answer is. */
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

function readAuthHeader(text: string): UpstreamAuthHeader | null {
  const [name, template = ''] = readHeader(text) ?? [];
  return name !== undefined && template.includes(KEY) ? Object.freeze({ name, template }) : null;
}

/** Separated by `;`, or by line breaks: then a value may hold a `;`. */
function readHeaders(text: string): Readonly<Record<string, string>> | null {
  const parts = text.split(text.includes('\n') ? '\n' : ';').filter((part) => part.trim() !== '');
  const headers = parts.map(readHeader).filter((header) => header !== null);
  const names = new Set(headers.map(([name]) => name));
  return names.size === parts.length ? Object.freeze(Object.fromEntries(headers)) : null;
}

/** A proxy is mostly named with its scheme, but not always. */
const proxyUrl = z
  .string()
  .transform((text) => (text.includes('://') ? text : `http://${text}`))
  .pipe(
    z.string().refine((text) => {
      const url = readUrl(text);
      return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
    }),
  )
  .describe('the http or https URL of a proxy, such as http://proxy.example:3128, with % in a password as %25')
  .meta(SECRET)
  .optional();

const EXCEPT = `except ${[...RESERVED].join(', ')}`;

export const CONNECTION_VARIABLES = {
  UPSTREAM_AUTH_HEADER: z
    .string()
    .transform(readAuthHeader)
    .pipe(z.custom<UpstreamAuthHeader>((value) => value !== null))
    .describe(`a header with {key} in its value, such as authorization: Bearer {key} or x-api-key: {key} (${EXCEPT})`)
    .meta(SECRET)
    .default(DEFAULT_AUTH_HEADER),
  UPSTREAM_HEADERS: z
    .string()
    .transform(readHeaders)
    .pipe(z.custom<Readonly<Record<string, string>>>((value) => value !== null))
    .describe(`headers such as x-tenant: acme; x-stage: test, each once, separated by ; or line breaks (${EXCEPT})`)
    .meta(SECRET)
    .optional(),
  HTTP_PROXY: proxyUrl,
  HTTPS_PROXY: proxyUrl,
  NO_PROXY: z.string().optional(),
};

/** The proxy variables are known in lower case, too, and then these count, as for curl and Node. */
export const withLowerCaseProxies = (environment: Readonly<Record<string, string | undefined>>) => ({
  ...environment,
  ...Object.fromEntries(
    ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => {
      const value = environment[name.toLowerCase()];
      return value?.trim() ? [[name, value]] : [];
    }),
  ),
});

type ConnectionVariables = z.infer<z.ZodObject<typeof CONNECTION_VARIABLES>>;

export interface UpstreamConnection {
  readonly authHeader: UpstreamAuthHeader;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no proxy is set. */
  readonly proxy: UpstreamProxy | null;
}

/** Throws ConfigError for what does not go together. */
export function readConnection(variables: ConnectionVariables): UpstreamConnection {
  const {
    UPSTREAM_AUTH_HEADER: authHeader,
    UPSTREAM_HEADERS: headers = {},
    HTTP_PROXY,
    HTTPS_PROXY,
    NO_PROXY,
  } = variables;
  if (Object.hasOwn(headers, authHeader.name)) {
    throw new ConfigError(
      `UPSTREAM_HEADERS: ${authHeader.name} is the header with the key (UPSTREAM_AUTH_HEADER), so it can't have a fixed ` +
        'value. Leave it out, or name another header in UPSTREAM_AUTH_HEADER.',
    );
  }
  const hasProxy = HTTP_PROXY !== undefined || HTTPS_PROXY !== undefined;
  const proxy = hasProxy ? Object.freeze({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY }) : null;
  return Object.freeze({ authHeader, headers, proxy });
}
