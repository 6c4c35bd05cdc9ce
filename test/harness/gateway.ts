/** A gateway over an upstream, as tests start it, and an HTTP client for it. Settings reach the gateway only here. */
import type { RedactionRules } from '../../src/config/redaction.ts';
import { optionsFromEnv, readConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/settings-table.ts';
import { composeGateway, type Additions, type ComposedGateway, type Overrides } from '../../src/gateway.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { Upstream } from '../../src/upstream/port.ts';
import { PAGE_FOLDER } from './set-up-variables.ts';
import { ScriptedUpstream, type Script } from './upstream.ts';

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

export interface QueryOptions {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly key?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface PostOptions extends Omit<QueryOptions, 'variables'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts an operation, or anything else, to a gateway of any process. `key: null`: without an Authorization header. */
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

export type Environment = Readonly<Record<string, string>>;

export interface GatewayOptions extends Omit<Overrides, keyof Clock | 'after'>, Omit<Additions, 'upstream'> {
  /** Answers of the gateway's own upstream, `gateway.upstream`. By default each run exists and is finished. */
  readonly script?: Script;
  /** In its place: an upstream that others use too, `SAMPLE`, or the functions of an embedder. */
  readonly upstream?: { readonly url: string } | Upstream;
  /** Environment variables by their names. */
  readonly env?: Environment;
  /** Rules in place of a file of REDACTION. */
  readonly redaction?: RedactionRules;
  /** By default the machine's clock. */
  readonly clock?: Partial<Clock> & Pick<Overrides, 'after'>;
}

/** Options, or a function that each `open` calls, for what exists only while tests run. */
export type Given = GatewayOptions | (() => GatewayOptions);

/** Unknown names are rejected, so that a misspelt one does not leave the default. */
function quiet(env: Environment): Environment {
  const unknown = Object.keys(env).find((name) => !VARIABLES.has(name));
  if (unknown !== undefined) throw new Error(`env must have names of settings, got ${unknown}`);
  return { PORT: '0', LOG_LEVEL: 'silent', ...env };
}

/** The library's options in a test that embeds it: quiet, and on a free port. */
export const optionsOf = (env: Environment = {}) => optionsFromEnv(quiet(env));

/** The embedded sample, which `npm start` uses. */
export const SAMPLE = { url: '' };

/** A real gateway on a free port. */
export class TestGateway {
  /** Opened with the gateway, unless the options have another upstream. */
  readonly upstream = new ScriptedUpstream();
  readonly #given: Given;
  #running: ComposedGateway | null = null;

  constructor(given: Given = {}) {
    this.#given = given;
  }

  async open(changes: GatewayOptions = {}): Promise<this> {
    await this.#start(this.#optionsWith(changes));
    return this;
  }

  /** Starts another gateway over the same upstream, with these options instead. */
  async restart(changes: GatewayOptions = {}): Promise<void> {
    await this.stop();
    await this.#start(this.#optionsWith(changes));
  }

  /** Closes the gateway, and not its upstream. */
  async stop(lingerMs?: number): Promise<void> {
    await this.#running?.close(lingerMs);
  }

  async close(lingerMs?: number): Promise<void> {
    await this.stop(lingerMs);
    await this.upstream.close();
  }

  get url(): string {
    return this.#current.url;
  }

  get opsUrl(): string | null {
    return this.#current.opsUrl;
  }

  cachedBytes(): number {
    return this.#current.cachedBytes();
  }

  /** Sends an operation. `key: null`: without an Authorization header. */
  async query(document: string, { variables = {}, key, signal }: QueryOptions = {}): Promise<GraphqlAnswer> {
    const response = await postTo(this.url, { query: document, variables }, { key, signal });
    const { data = null, errors = [] } = (await response.json()) as Partial<GraphqlAnswer>;
    return { status: response.status, headers: response.headers, data, errors };
  }

  /** The data of an answer that must be free of errors. */
  async data(document: string, options?: QueryOptions): Promise<Json> {
    const { data, errors } = await this.query(document, options);
    if (errors.length > 0) throw new Error(`expected no errors, got ${JSON.stringify(errors)}`);
    return data;
  }

  /** The codes of the errors of an answer. */
  async codes(document: string, options?: QueryOptions): Promise<readonly string[]> {
    return (await this.query(document, options)).errors.map(({ extensions }) => extensions.code);
  }

  /** Resolves when all requests sent before have reached the upstream or wait in the gateway. */
  async taken(): Promise<void> {
    // Operations of one owner take turns in the order of their arrival.
    for (let time = 0; time < 2; time += 1) {
      await Promise.all(['key-1', 'another'].map((key) => this.query('{ __typename }', { key })));
    }
  }

  async #start(options: GatewayOptions): Promise<void> {
    const { script, upstream = this.upstream, env, redaction, clock: { now, wallOf, after } = {}, ...rest } = options;
    if (upstream === this.upstream && !this.upstream.isOpen) await this.upstream.open(script);
    const url = 'url' in upstream ? upstream.url : '';
    const config = readConfig(quiet({ UPSTREAM_URL: url, ...env }));
    this.#running = await composeGateway(redaction ? { ...config, redaction } : config, {
      pageFolder: process.env[PAGE_FOLDER],
      scrapedMs: 0,
      slowDownMs: 0,
      ...rest,
      ...(now && { now }),
      ...(wallOf && { wallOf }),
      ...(after && { after }),
      ...(!('url' in upstream) && { upstream }),
    });
  }

  #optionsWith({ env, ...changes }: GatewayOptions): GatewayOptions {
    const own = typeof this.#given === 'function' ? this.#given() : this.#given;
    return { ...own, ...changes, env: { ...own.env, ...env } };
  }

  get #current(): ComposedGateway {
    if (!this.#running) throw new Error('the gateway is not open yet: use it in a test or a hook');
    return this.#running;
  }
}

/** For one test, which closes it. If it rejects, nothing is left open. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const gateway = new TestGateway(options);
  try {
    return await gateway.open();
  } catch (error) {
    await gateway.close();
    throw error;
  }
}
