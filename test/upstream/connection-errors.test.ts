/** Reasons of OpenSSL and of the network that no server of a test can cause. The others: connecting.test.ts, proxies.test.ts. */
import { expect, it } from '@jest/globals';
import { Options, RequestError } from 'got';
import { toGatewayError } from '../../src/upstream/transport/connection-errors.ts';

/** As got makes it. */
const errorOf = (code: string, message = '') =>
  toGatewayError(new RequestError(message, Object.assign(new Error(message), { code }), new Options()), false);
const NOT_TRUSTED = 'certificate is not trusted';
const NOT_VALID = 'certificate is not valid for UPSTREAM_URL';

it.each([
  ...[
    ...['CERT_UNTRUSTED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ].map((code) => [code, NOT_TRUSTED] as const),
  ...['CERT_HAS_EXPIRED', 'HOSTNAME_MISMATCH', 'INVALID_CA', 'INVALID_PURPOSE'].map(
    (code) => [code, NOT_VALID] as const,
  ),
])('a connection that fails by %s says which setting helps, and is not an outage: %s', (code, message) => {
  const details = { retryable: false, wasNotSent: true };
  expect(errorOf(code)).toMatchObject({ message: expect.stringContaining(message), isRetryable: false, details });
});

it.each([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map((code) => [code, true] as const),
  ...['ECONNRESET', 'EPIPE', 'EPROTO', 'INVALID_CALL'].map((code) => [code, false] as const),
])('a connection that fails by %s is an outage. Nothing was sent: %s', (code, wasNotSent) => {
  expect(errorOf(code)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', isRetryable: true });
  expect(errorOf(code)).toHaveProperty('details', wasNotSent ? { wasNotSent } : {});
});
