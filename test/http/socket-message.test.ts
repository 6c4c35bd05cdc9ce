import { describe, expect, it } from '@jest/globals';
import { MAX_JSON_DEPTH } from '../../src/domain/json.ts';
import { isOfServers, readMessage } from '../../src/http/live/socket-message.ts';

const NAMES = [{ documentId: 'a' }, { id: 'a' }, { extensions: { persistedQuery: {} } }];
const subscribe = (payload: unknown) => JSON.stringify({ id: '1', type: 'subscribe', payload });
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('a message of a socket', () => {
  it.each(NAMES)('gets an empty query where it names its operation: %j', (name) => {
    for (const query of [{}, { query: null }])
      expect(readMessage(subscribe({ ...name, ...query, variables: { a: 1 } }))).toEqual({
        id: '1',
        type: 'subscribe',
        payload: { ...name, variables: { a: 1 }, query: '' },
      });
  });

  it.each([...NAMES.map((name) => ({ type: 'subscribe', name })), { type: 'ping', name: {} }])(
    'is none beyond 200 levels of JSON in a value: %j',
    ({ type, name }) => {
      const levels = (count: number) =>
        readMessage(JSON.stringify({ type, payload: { ...name, a: '§' } }).replace('"§"', nested(count)));
      expect(levels(MAX_JSON_DEPTH)).toMatchObject({ payload: name });
      for (const count of [MAX_JSON_DEPTH + 1, 100_000]) expect(levels(count)).toBeNull();
    },
  );

  it('has integers beyond 2^53 as text', () => {
    const text = '{"type": "subscribe", "payload": {"query": "{ a }", "variables": {"a": 12345678901234567890}}}';
    expect(readMessage(text)).toMatchObject({ payload: { variables: { a: '12345678901234567890' } } });
  });

  it.each([
    ...NAMES.map((name) => subscribe({ ...name, query: 'subscription { a }' })),
    ...NAMES.map((payload) => JSON.stringify({ type: 'next', payload, of: 'subscribe' })),
    subscribe({}),
    subscribe({ extensions: {} }),
    subscribe({ extensions: null }),
    subscribe({ extensions: 'persistedQuery' }),
    subscribe(null),
    subscribe('documentId'),
    subscribe(Object.values(NAMES)),
    '["subscribe", { "payload": { "id": "a" } }]',
    '{ "type": "ping" }',
  ])('stays as it is otherwise: %s', (text) => {
    expect(readMessage(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '"subscribe"',
    JSON.stringify('{ "type": "ping" }'),
    'null',
    'null "subscribe"',
    '{ "type": "subscribe"',
    '',
  ])('is none: %s', (text) => {
    expect(readMessage(text)).toBeNull();
  });

  it('is one that only servers send, or not', () => {
    const types = [
      'connection_ack',
      'next',
      'error',
      'connection_init',
      'ping',
      'pong',
      'subscribe',
      'complete',
      'x',
      1,
    ];
    expect(types.filter((type) => isOfServers({ type }))).toEqual(['connection_ack', 'next', 'error']);
    expect(isOfServers(null)).toBe(false);
  });
});
