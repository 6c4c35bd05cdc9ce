import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorOf, notTold, readRecord, recordOf, writeRecord } from '../../src/runs/starts/start-record.ts';
import { ERROR_CODES, GatewayError } from '../../src/upstream/errors.ts';
import { unknownOutcome } from '../../src/upstream/unknown-outcome.ts';

const START = { fingerprint: 'f', at: 7 };
const LONG = 'x'.repeat(64 * 1024);

const arbitraryStart = { fingerprint: fc.string(), at: fc.maxSafeNat() };
const arbitraryRecord = fc.oneof(
  fc.record({ ...arbitraryStart, state: fc.constant('underWay' as const) }),
  fc.record({
    ...arbitraryStart,
    state: fc.constant('started' as const),
    runId: fc.string(),
    message: fc.option(fc.string()),
  }),
  fc.record(
    {
      ...arbitraryStart,
      state: fc.constant('unknown' as const),
      code: fc.constantFrom(...ERROR_CODES),
      message: fc.string(),
      upstreamStatus: fc.nat(599),
      retryAfterSeconds: fc.nat(),
    },
    { requiredKeys: ['fingerprint', 'at', 'state', 'code', 'message'] },
  ),
);

const failed = (reason: unknown) => recordOf({ status: 'rejected', reason }, START);
const toldOf = ({ code, message, details }: GatewayError) => ({ code, message, details });

describe('what gateways tell one another of a start', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(arbitraryRecord, (record) => {
        expect(readRecord(writeRecord(record))).toEqual(record);
      }),
    );
  });

  it('is nothing that can be read where another version has written it in another form', () => {
    for (const written of ['', 'no JSON', '{}', '{"state":"underWay","fingerprint":"f","at":-1}', '[1]']) {
      expect(readRecord(Buffer.from(written))).toBeNull();
    }
    expect(readRecord(Buffer.from(JSON.stringify({ ...START, state: 'stopped' })))).toBeNull();
  });

  it('is the run that has started', () => {
    const record = recordOf({ status: 'fulfilled', value: { runId: 'r', message: 'm' } }, START);
    expect(record).toEqual({ ...START, state: 'started', runId: 'r', message: 'm' });
  });

  it('is nothing where it is certain that nothing has started', () => {
    expect(failed(new GatewayError('BAD_USER_INPUT', 'no'))).toBeNull();
  });

  it('is the error where that is not known, as whoever has sent it got it', () => {
    for (const details of [{}, { upstreamStatus: 503 }, { retryAfterSeconds: 7 }]) {
      const error = unknownOutcome('UPSTREAM_UNAVAILABLE', 'down', details);
      const record = failed(error);
      if (record?.state !== 'unknown') throw new Error('expected an outcome that is not known');
      expect(record).toMatchObject(START);
      expect(toldOf(errorOf(record))).toStrictEqual(toldOf(error));
    }
    const record = failed(new TypeError('a defect'));
    expect(record).toMatchObject({ state: 'unknown', code: 'UPSTREAM_TIMEOUT', message: notTold().message });
  });

  it('is that nothing is known where it would be longer than 64 KiB', () => {
    const record = { ...START, state: 'started', runId: 'r', message: LONG } as const;
    const overhead = JSON.stringify(record).length - LONG.length;
    const longest = { ...record, message: LONG.slice(overhead) };
    expect(readRecord(writeRecord(longest))).toEqual(longest);
    expect(readRecord(writeRecord({ ...longest, message: `${longest.message}x` }))).toEqual({
      ...START,
      state: 'unknown',
      code: 'UPSTREAM_TIMEOUT',
      message: notTold().message,
    });
  });
});
