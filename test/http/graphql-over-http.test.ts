import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { errorAnswer } from '../../src/graphql/operations/error-formatting.ts';
import { GRAPHQL_TYPE, JSON_TYPE } from '../../src/http/graphql/media-types.ts';
import { httpStatusOf } from '../../src/http/graphql/status.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

describe('the public GraphQL-over-HTTP audit', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const audits = serverAudits({
    url: () => `${gateway.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', 'Bearer demo-key');
      return fetch(url, { ...init, headers });
    },
  });

  it('has 61 checks', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_, audit) => {
    const result = await audit.fn();
    expect(result).toMatchObject({ status: 'ok' });
  });
});

describe('the status of an answer without data', () => {
  const statusesOf = (codes: readonly (string | null)[], status: number) => {
    const errors = codes.map((code) => ({ message: '', ...(code !== null && { extensions: { code } }) }));
    return ([JSON_TYPE, GRAPHQL_TYPE] as const).map((type) => httpStatusOf(errorAnswer(errors, status), type));
  };

  it.each(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'OPERATION_NOT_ALLOWED'])(
    'is 200 in the older form where the operation is wrong: %s',
    (code) => {
      for (const status of [400, 403]) expect(statusesOf([code, code], status)).toEqual([200, status]);
      for (const status of [405, 413, 429]) expect(statusesOf([code], status)).toEqual([status, status]);
    },
  );

  it.each([['BAD_REQUEST'], ['INTERNAL_SERVER_ERROR'], [null]])(
    'tells of any other error in both forms: %s',
    (code) => {
      expect(statusesOf([code], 400)).toEqual([400, 400]);
      expect(statusesOf(['BAD_USER_INPUT', code], 400)).toEqual([400, 400]);
    },
  );
});
