/** A real gateway on a free port, and an HTTP client for it. */
import { readConfig } from '../../src/config/config.ts';
import { createGateway, type Additions, type Gateway, type Overrides } from '../../src/gateway.ts';
import { PAGE_FOLDER } from './set-up-variables.ts';

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  // The tests state what they expect; a type would only repeat it.
  readonly data: Json;
  readonly errors: readonly GraphqlError[];
}

/** JSON whose properties can be read without casts. */
export type Json = null | string | number | boolean | { readonly [key: string]: Json } | readonly Json[];

export interface TestGateway extends Gateway {
  /** Sends an operation. `key: null`: without an Authorization header. */
  query(document: string, options?: QueryOptions): Promise<GraphqlAnswer>;
}

export interface QueryOptions {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly key?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface PostOptions extends Omit<QueryOptions, 'variables'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts an operation, or any text, to a gateway of any process. `key: null`: without an Authorization header. */
export const postTo = (
  gatewayUrl: string,
  operation: object | string,
  { key = 'key-1', headers = {}, signal }: PostOptions = {},
): Promise<Response> =>
  fetch(`${gatewayUrl}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: typeof operation === 'string' ? operation : JSON.stringify(operation),
    ...(signal && { signal }),
  });

export async function startGateway(
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides & Additions = {},
): Promise<TestGateway> {
  const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...environment });
  const gateway = await createGateway(config, {
    pageFolder: process.env[PAGE_FOLDER],
    scrapedMs: 0,
    refusalMs: 0,
    ...overrides,
  });
  return {
    ...gateway,
    async query(document, { variables = {}, key, signal } = {}) {
      const response = await postTo(gateway.url, { query: document, variables }, { key, signal });
      const { data = null, errors = [] } = (await response.json()) as Partial<GraphqlAnswer>;
      return { status: response.status, headers: response.headers, data, errors };
    },
  };
}
