/** Converts connection errors without a complete response. The messages name the setting to change. */
import { RequestError } from 'got';
import { GatewayError } from '../errors.ts';

/** Errors before there is a connection, so nothing was sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** OpenSSL codes for a certificate chain without an authority known to Node. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const OTHER_CERTIFICATE_ERROR = /^(?:CERT_|ERR_TLS_CERT_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$)/;

/** Codes of brotli and zstd for bytes in another format. */
const MISFIT = /^(?:ERR__ERROR_FORMAT_|ZSTD_error_)/;

/** Returns the message of an error that no retry can fix, or null. The server hasn't processed the request. */
function permanentProblem(code: string): string | null {
  if (UNTRUSTED.has(code)) {
    return (
      `The upstream's certificate is not trusted (${code}). If a private authority signed it, set ` +
      "NODE_EXTRA_CA_CERTS to the file of that authority's certificate."
    );
  }
  if (OTHER_CERTIFICATE_ERROR.test(code)) {
    return `The upstream's certificate is not valid for UPSTREAM_URL at this time (${code}). Renew or replace it.`;
  }
  if (code.endsWith('NO_APPLICATION_PROTOCOL')) {
    return 'The upstream must support HTTP/1.1, got HTTP/2 only. Enable HTTP/1.1 in the upstream.';
  }
  if (code.endsWith('WRONG_VERSION_NUMBER')) {
    return 'The upstream does not use TLS on this port. Check the scheme (https) and port in UPSTREAM_URL.';
  }
  return null;
}

/** got's errors contain the request's headers, so they are neither passed on nor kept as a cause. */
export function toGatewayError(error: unknown, isProxied: boolean): unknown {
  if (!(error instanceof RequestError)) return error;
  const { code } = error;
  const problem = permanentProblem(reasonOf(error));
  if (problem !== null) {
    return new GatewayError('UPSTREAM_UNAVAILABLE', problem, { retryable: false, wasNotSent: true });
  }
  if (code === 'ERR_PROXY_TUNNEL') {
    const message = 'The proxy did not connect to the upstream. Check HTTPS_PROXY, its credentials, and NO_PROXY.';
    return new GatewayError('UPSTREAM_UNAVAILABLE', message, { wasNotSent: true });
  }
  // A response arrived, but Node's parser couldn't read it.
  if (error.response || code.startsWith('HPE_')) {
    const { code: cause = code } = (error.cause ?? {}) as { readonly code?: string };
    const reason = MISFIT.test(cause) ? 'it does not match its content-encoding' : cause;
    return new GatewayError('UPSTREAM_UNAVAILABLE', `The upstream's response is incomplete or unreadable (${reason}).`);
  }
  const what = isProxied ? 'The upstream or its proxy' : 'The upstream';
  const message = `${what} could not be reached (${code}).`;
  return new GatewayError('UPSTREAM_UNAVAILABLE', message, NOT_SENT.has(code) ? { wasNotSent: true } : {});
}

const OPENSSL_REASON = /:SSL routines:[^:]*:([^:]+):/;

/** Returns OpenSSL's reason. If Node's code is only EPROTO, the reason is in the message. */
function reasonOf({ code, message }: RequestError): string {
  const reason = code === 'EPROTO' ? OPENSSL_REASON.exec(message)?.[1] : undefined;
  return reason?.toUpperCase().replaceAll(' ', '_') ?? code;
}
