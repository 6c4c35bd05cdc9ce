/** The client's address. Forwarded addresses count only from trusted proxies. */
import type { IncomingMessage } from 'node:http';
import { all, compile } from '@fastify/proxy-addr';

/** `hop` 0 is the connection's peer, 1 is the address that it forwards, and so on. */
export type IsTrustedProxy = (address: string, hop: number) => boolean;

/** From TRUST_PROXY: a number of hops, or a list of addresses and ranges. False: no proxy is trusted. */
export function createProxyTrust(trustProxy: false | number | readonly string[]): IsTrustedProxy {
  if (trustProxy === false) return () => false;
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : compile([...trustProxy]);
}

/** The first address that is not trusted; if all are, the last one. */
export const createClientAddress =
  (isTrusted: IsTrustedProxy): ((request: IncomingMessage) => string) =>
  (request) =>
    all(request, isTrusted).at(-1) ?? '';
