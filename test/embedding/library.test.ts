import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ConfigError, createGateway, settingsOf, type Gateway, type GatewayOptions, type Settings } from 'stepgate';
import { startGateway } from '../../embedding/gateway.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { freePort } from '../harness/program.ts';

let gateway: Gateway | undefined;
afterEach(() => gateway?.close());

const QUIET: Settings = { PORT: 0, LOG_LEVEL: 'silent' };

const ask = async (query: string, key: string): Promise<unknown> => {
  const response = await fetch(`${gateway?.url ?? ''}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query }),
  });
  return response.json();
};

describe('the example of docs/embedding.md', () => {
  const COST =
    'query Cost { run(workflowId: "support-triage", id: "run-4711") { costInCents tokenUsage { totalTokens } } }';

  it("answers the field of one's own to each team by its own rate, each of three times", async () => {
    gateway = await startGateway(QUIET);
    for (let sending = 0; sending < 3; sending += 1) {
      for (const [key, costInCents] of [
        ['key-of-support', 39],
        ['key-of-finance', 58.5],
      ] as const) {
        expect(await ask(COST, key)).toEqual({ data: { run: { costInCents, tokenUsage: { totalTokens: 1950 } } } });
      }
    }
  });

  it('refuses whom and what its checks refuse, each of three times', async () => {
    gateway = await startGateway(QUIET);
    for (let sending = 0; sending < 3; sending += 1) {
      expect(await ask(COST, 'demo-key')).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      expect(await ask(COST.replace('query Cost', ''), 'key-of-finance')).toMatchObject({
        errors: [{ message: 'Give the operation a name.', extensions: { code: 'NAME_MISSING' } }],
      });
      const other = COST.replace('support-triage', 'document-summary');
      expect(await ask(other, 'key-of-support')).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
  });

  it('stands there as it is run', () => {
    const page = readFileSync(new URL('../../docs/embedding.md', import.meta.url), 'utf8');
    const code = readFileSync(new URL('../../embedding/gateway.ts', import.meta.url), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${code}\`\`\``);
  });
});

describe('createGateway', () => {
  it('refuses settings that it does not know, and wrong ones, with a sentence', async () => {
    await expect(createGateway({ config: { PROT: 4000 } as Settings })).rejects.toThrow(/^PROT: expected the name/);
    await expect(createGateway({ config: { PORT: 70_000 } })).rejects.toThrow(/^PORT: expected a whole number/);
    await expect(createGateway({ config: { PORT: 70_000 } })).rejects.toBeInstanceOf(ConfigError);
  });

  it.each<readonly [string, object, string]>([
    [
      'a misspelled option',
      { authentication: () => null },
      'unknown authentication: expected an object of config, authenticate, extension, plugins and onOperation.',
    ],
    [
      'an authenticate that is undefined',
      { authenticate: undefined },
      'authenticate must be a function, or left out, got undefined.',
    ],
    [
      'an onOperation that is no function',
      { onOperation: {} },
      'onOperation must be a function, or left out, got object.',
    ],
    ['settings that are null', { config: null }, 'config must be an object of settings, or left out, got null.'],
    [
      'a misspelled part of an extension',
      {
        extension: { typeDefs: 'extend type Run { a: Int }', fields: { Run: { a: { resolve: () => 1 } } }, field: {} },
      },
      'unknown extension.field: expected an object of typeDefs (a text) and fields (an object), or left out.',
    ],
    [
      'a misspelled part of a field',
      { extension: { typeDefs: 'extend type Run { a: Int }', fields: { Run: { a: { resolve: () => 1, cache: 1 } } } } },
      'extension.fields: Run.a has a wrong cache.',
    ],
    [
      'an extension without fields',
      { extension: { typeDefs: 'type A { b: Int }' } },
      'extension.fields must be an object of typeDefs',
    ],
    [
      'a plugin whose only hook is misspelled',
      { plugins: [{ requestDidStrat: () => Promise.resolve() }] },
      'plugins.0 must be a list of plugins, each with one of serverWillStart, requestDidStart,',
    ],
  ])('refuses %s by name, and opens no port', async (_, options: GatewayOptions, message) => {
    const port = await freePort();
    await expect(createGateway({ config: { ...QUIET, PORT: port }, ...options })).rejects.toThrow(message);
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('takes a plugin that is an instance of a class', async () => {
    class Plugin {
      readonly seen: string[] = [];
      requestDidStart({ request }: { readonly request: { readonly query?: string } }) {
        this.seen.push(request.query ?? '');
        return Promise.resolve();
      }
    }
    const plugin = new Plugin();
    gateway = await createGateway({ config: QUIET, plugins: [plugin] });
    await ask('{ __typename }', 'demo-key');
    expect(plugin.seen).toEqual(['{ __typename }']);
  });

  it('takes from the environment what it is given of it', () => {
    expect(settingsOf({ PORT: '1', HOME: '/root' })).toEqual({ PORT: '1' });
  });

  it('takes proxies in lower case, too: these count, as for the command', () => {
    const environment = {
      HTTP_PROXY: 'http://upper',
      http_proxy: 'http://lower',
      https_proxy: 'http://tls',
      no_proxy: ' ',
    };
    expect(settingsOf(environment)).toEqual({ HTTP_PROXY: 'http://lower', HTTPS_PROXY: 'http://tls' });
  });

  it('rejects for a port that is taken, and leaves nothing behind', async () => {
    const upstream = await startFaultyUpstream();
    const taken = Number(new URL(upstream.url).port);
    await expect(createGateway({ config: { ...QUIET, PORT: taken } })).rejects.toThrow('EADDRINUSE');
    await upstream.close();
    gateway = await createGateway({ config: { ...QUIET, PORT: taken } });
    expect(gateway.url).toContain(String(taken));
  });

  it('does without Sandbox and introspection where the process is in production, unless it is told otherwise', async () => {
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    try {
      await expect(createGateway({ config: QUIET })).rejects.toThrow('UPSTREAM_URL: expected the base URL');
      gateway = await createGateway({ config: { ...QUIET, UPSTREAM_URL: 'http://127.0.0.1:9' } });
    } finally {
      process.env.NODE_ENV = NODE_ENV;
    }
    expect(await ask('{ __schema { queryType { name } } }', 'k')).toMatchObject({ errors: [{}] });
  });
});
