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
  readonly key?: string | null;
  readonly signal?: AbortSignal;
}

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
    async query(document, { variables = {}, key = 'key-1', signal } = {}) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ query: document, variables }),
        ...(signal && { signal }),
      });
      const { data = null, errors = [] } = (await response.json()) as Partial<GraphqlAnswer>;
      return { status: response.status, headers: response.headers, data, errors };
    },
  };
}
