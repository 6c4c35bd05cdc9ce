import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createGateway, type GatewayOptions, type Settings } from 'stepgate';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET, until } from '../harness/fleet.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const QUIET: Settings = { PORT: 0, LOG_LEVEL: 'silent', FLEET_SECRET: SECRET };

/** What fails, in the order in which a gateway is put together. */
const FAILURES: readonly (readonly [string, (taken: number) => GatewayOptions, RegExp])[] = [
  [
    "the issuer's keys",
    () => ({
      config: {
        ...{ UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'k', AUTH_ISSUER: 'i', AUTH_AUDIENCE: 'a' },
        AUTH_JWKS: '/nonexistent/keys.json',
      },
    }),
    /^AUTH_JWKS: .* ENOENT$/,
  ],
  [
    "an embedder's plugin",
    () => ({ plugins: [{ serverWillStart: () => Promise.reject(new Error('no database')) }] }),
    /no database/,
  ],
  ['the port', (taken) => ({ config: { PORT: taken } }), /^PORT: .* is in use .*EADDRINUSE/],
  ['the host', () => ({ config: { HOST: '192.0.2.1' } }), /^HOST: .*192\.0\.2\.1/],
];

describeWithValkey(`a gateway that can not start${withoutValkey}`, () => {
  let valkey: TestValkey;
  let before = 0;
  beforeEach(async () => {
    valkey = await startValkey();
    before = listeners();
  });
  afterEach(() => valkey.close());

  const listeners = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
  const start = ({ config, ...additions }: GatewayOptions) =>
    createGateway({ config: { ...QUIET, REDIS_URL: valkey.url, ...config }, ...additions });

  async function expectNothingOpen(): Promise<void> {
    expect(listeners()).toBe(before);
    // Valkey sees a connection end a moment later.
    await until(async () => !String(await valkey.client.client('LIST')).includes(' name=stepgate'));
  }

  it.each(FAILURES)('because of %s leaves no connection and no server', async (_, optionsOf, message) => {
    await expect(start(optionsOf(valkey.port))).rejects.toThrow(message);
    await expectNothingOpen();
  });

  it('leaves none either where it can, and a plugin fails when it closes', async () => {
    const serverWillStop = () => Promise.reject(new Error('the database is gone'));
    const gateway = await start({ plugins: [{ serverWillStart: () => Promise.resolve({ serverWillStop }) }] });
    for (const closing of [gateway.close(), gateway.close()]) {
      await expect(closing).rejects.toThrow('the database is gone');
    }
    await expectNothingOpen();
  });
});
