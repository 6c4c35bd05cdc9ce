import { describe, expect, it } from '@jest/globals';
import { Options, RequestError } from 'got';
import { toGatewayError } from '../../src/upstream/transport/connection-errors.ts';

/** As got makes them. */
const errorOf = (code: string, { message = '', rawPacket }: { message?: string; rawPacket?: unknown } = {}) =>
  new RequestError(message, Object.assign(new Error(message), { code, rawPacket }), new Options());

const NOT_TRUSTED = /certificate is not trusted \(\w+\): .* set NODE_EXTRA_CA_CERTS/;
const NOT_VALID = /certificate is not valid for UPSTREAM_URL at this time \(\w+\)/;
const HTTP_2 = /speaks HTTP\/2 only/;
const NO_TLS = /does not speak TLS on this port/;
const opensslMessage = (reason: string) => `40D7:error:0A0000BF:SSL routines:ssl_choose:${reason}:../ssl/a.c:1:\n`;

describe('a connection that gave no answer', () => {
  it.each([
    ['CERT_UNTRUSTED', NOT_TRUSTED],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', NOT_TRUSTED],
    ['SELF_SIGNED_CERT_IN_CHAIN', NOT_TRUSTED],
    ['UNABLE_TO_GET_ISSUER_CERT', NOT_TRUSTED],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', NOT_TRUSTED],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', NOT_TRUSTED],
    ['CERT_HAS_EXPIRED', NOT_VALID],
    ['ERR_TLS_CERT_ALTNAME_INVALID', NOT_VALID],
    ['HOSTNAME_MISMATCH', NOT_VALID],
    ['INVALID_CA', NOT_VALID],
    ['INVALID_PURPOSE', NOT_VALID],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', HTTP_2],
    ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS],
  ])('by %s is no outage: only a setting helps, which the message names', (code, message) => {
    expect(toGatewayError(errorOf(code), false)).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringMatching(message),
      details: { retryable: false, wasNotSent: true },
    });
  });

  it.each([
    ['tlsv1 alert no application protocol', HTTP_2],
    ['wrong version number', NO_TLS],
  ])('by EPROTO has its reason in the text of OpenSSL: %s', (reason, message) => {
    expect(toGatewayError(errorOf('EPROTO', { message: opensslMessage(reason) }), false)).toMatchObject({
      message: expect.stringMatching(message),
      details: { retryable: false, wasNotSent: true },
    });
    // Another code has its own reason.
    expect(toGatewayError(errorOf('ECONNRESET', { message: opensslMessage(reason) }), false)).toMatchObject({
      message: 'the upstream could not be reached (ECONNRESET)',
      details: {},
    });
  });

  it.each([
    ['ECONNREFUSED', true],
    ['ENOTFOUND', true],
    ['EAI_AGAIN', true],
    ['EHOSTUNREACH', true],
    ['ENETUNREACH', true],
    ['ECONNRESET', false],
    ['EPIPE', false],
    ['EPROTO', false],
    // These only resemble other codes.
    ['X_INVALID_CA', false],
    ['INVALID_CALL', false],
    ['INVALID_PURPOSES', false],
    ['HOSTNAME_MISMATCHES', false],
    ['NO_APPLICATION_PROTOCOL_X', false],
    ['WRONG_VERSION_NUMBER_X', false],
  ])('by %s is an outage; whether nothing was sent: %s', (code, wasNotSent) => {
    for (const [isProxied, what] of [
      [false, 'the upstream'],
      [true, 'the upstream, or the proxy in front of it,'],
    ] as const) {
      expect(toGatewayError(errorOf(code), isProxied)).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        message: `${what} could not be reached (${code})`,
        isRetryable: true,
      });
      expect(toGatewayError(errorOf(code), isProxied)).toHaveProperty('details', wasNotSent ? { wasNotSent } : {});
    }
  });

  it('through a proxy that opens no tunnel has sent nothing', () => {
    expect(toGatewayError(errorOf('ERR_PROXY_TUNNEL'), true)).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringMatching(/^the proxy opens no connection/),
      details: { wasNotSent: true },
      isRetryable: true,
    });
  });

  it('that begins with the settings of HTTP/2 speaks nothing else', () => {
    const frame = (type: number, ...rest: readonly number[]) => Buffer.from([0, 0, 6, type, 0, 0, 0, 0, ...rest]);
    for (const [rawPacket, isHttp2] of [
      [frame(4, 0), true],
      [frame(4, 0, 1), true],
      [frame(4), false],
      [frame(7, 0), false],
      [Buffer.from([1, 0, 6, 4, 0, 0, 0, 0, 0]), false],
      [[...frame(4, 0)], false],
      [undefined, false],
    ] as const) {
      const error = toGatewayError(errorOf('HPE_INVALID_CONSTANT', { rawPacket }), false);
      expect({ rawPacket, isHttp2: (error as Error).message.includes('speaks HTTP/2 only') }).toEqual({
        rawPacket,
        isHttp2,
      });
    }
  });

  it('keeps nothing of the request, and leaves a defect as it is', () => {
    expect((toGatewayError(errorOf('ECONNRESET'), false) as Error).cause).toBeUndefined();
    const defect = new TypeError('no function');
    expect(toGatewayError(defect, false)).toBe(defect);
    expect(toGatewayError(new RequestError('bare', undefined as unknown as Error, new Options()), false)).toMatchObject(
      {
        message: 'the upstream could not be reached (ERR_GOT_REQUEST_ERROR)',
      },
    );
  });
});
