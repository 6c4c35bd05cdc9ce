import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ask } from '../harness/plain-http.ts';

const DEVELOPMENT = {};
const PRODUCTION = { NODE_ENV: 'production' };
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('INTROSPECTION and SANDBOX', () => {
  const gateway = perBlock(new TestGateway());
  const messagesOf = async (query: string) => (await gateway.query(query)).errors.map(({ message }) => message);

  it.each([
    [DEVELOPMENT, true],
    [PRODUCTION, false],
    [{ ...PRODUCTION, INTROSPECTION: 'on' }, true],
    [{ ...DEVELOPMENT, INTROSPECTION: 'off' }, false],
    [{ ...DEVELOPMENT, SANDBOX: 'off' }, true],
    [{ ...PRODUCTION, SANDBOX: 'on' }, false],
  ])('allow introspection with %j: %s', async (environment, isAllowed) => {
    await gateway.restart({ env: environment });
    for (const [query, field] of [
      ['{ __schema { queryType { name } } }', '__schema'],
      ['{ ...Q } fragment Q on Query { aliased: __type(name: "Run") { name } }', '__type'],
      ['{ _service { sdl } }', '_service'],
    ] as const) {
      const refusal =
        `Introspection (${field}) is disabled. Set INTROSPECTION=on to enable it. ` +
        'Generate code and compose from schema.graphql.';
      expect(await messagesOf(query)).toEqual(isAllowed ? [] : [refusal]);
    }
    expect((await messagesOf('{ workflow { nam } }')).join().includes('"name"')).toBe(isAllowed);
    const served = await fetch(`${gateway.url}/schema.graphql`);
    expect([served.status, (await served.text()).includes('@semanticNonNull')]).toEqual(
      isAllowed ? [200, true] : [404, false],
    );
    // Clients select it everywhere.
    expect(await messagesOf('{ __typename run(workflowId: "wf", id: "r1") { __typename } }')).toEqual([]);
  });

  it.each([
    [DEVELOPMENT, true],
    [PRODUCTION, false],
    [{ ...PRODUCTION, SANDBOX: 'on' }, true],
    [{ ...DEVELOPMENT, SANDBOX: 'off' }, false],
    [{ ...DEVELOPMENT, INTROSPECTION: 'off' }, true],
  ])('show browsers Sandbox with %j: %s', async (environment, isShown) => {
    await gateway.restart({ env: environment });
    const { status, headers, body } = await ask(`${gateway.url}/graphql`, { headers: BROWSER });
    if (isShown) {
      expect({ status, headers }).toMatchObject({ status: 200, headers: { 'referrer-policy': 'same-origin' } });
      expect(body.toString()).toContain('EmbeddedSandbox');
      expect(body.toString()).toMatch(/"?runTelemetry"?: ?false/);
      // Only over the sample API: test/http/page.test.ts.
      expect(body.toString()).not.toContain('demo-key');
    } else {
      expect(status).toBe(400);
      expect(JSON.parse(body.toString())).toMatchObject({
        errors: [{ message: expect.stringContaining('SANDBOX=on'), extensions: { code: 'BAD_REQUEST' } }],
      });
    }
    const preflight = await ask(`${gateway.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: 'https://studio.apollographql.com', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers['access-control-allow-origin'] !== undefined).toBe(isShown);
  });

  it('return JSON without Sandbox to a client that prefers HTML', async () => {
    await gateway.restart({ env: { SANDBOX: 'off' } });
    const { status, body } = await ask(`${gateway.url}/graphql?query={__typename}`, {
      headers: { ...BROWSER, authorization: 'Bearer key-1' },
    });
    expect([status, JSON.parse(body.toString())]).toEqual([200, { data: { __typename: 'Query' } }]);
  });
});
