/** The client's address, network and scheme. Forwarded headers count only from trusted proxies. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { all, compile } from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';
import type { Config } from '../config/config.ts';

/** From TRUST_PROXY: a number of hops, or a list of addresses and ranges. With false, no proxy is trusted. */
function trustOf(trustProxy: Config['trustProxy']): (address: string, hop: number) => boolean {
  if (trustProxy === false) return () => false;
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : compile([...trustProxy]);
}

/** The address of clients whose proxy forwards an invalid one. */
const UNKNOWN = 'unknown';
/** Longest IPv6 address. Zones may have any length. */
const MAX_ADDRESS_LENGTH = 45;
/** Azure's Application Gateway appends the port of the client. */
const WITH_PORT = /^(?:([\d.]+)|\[([\da-f:.]+)\]):\d{1,5}$/i;

function withoutPort(found: string): string {
  const [, ipv4, ipv6] = WITH_PORT.exec(found) ?? [];
  const address = ipv4 ?? ipv6 ?? found;
  return isIP(address) !== 0 && address.length <= MAX_ADDRESS_LENGTH ? address : UNKNOWN;
}

const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';

/** A client's network: an IPv4 address, or an IPv6 /56, since one client may use all addresses of its /56. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const [first = 0, second = 0, third = 0, fourth = 0] = parsed.parts;
  return `${[first, second, third, fourth & 0xff00].map((part) => part.toString(16)).join(':')}::/56`;
}

export type Forwarding = ReturnType<typeof createForwarding>;

export function createForwarding(trustProxy: Config['trustProxy']) {
  const isTrusted = trustOf(trustProxy);

  return {
    /** `hop` 0 is the connection's peer, 1 is the address that it forwards, and so on. */
    isTrusted,

    /** The first untrusted address, or the last one if all are trusted. */
    addressOf: (request: IncomingMessage): string => withoutPort(all(request, isTrusted).at(-1) ?? ''),

    /** `isProxy` means that a trusted proxy has sent the request without naming a client. */
    networkOf(request: IncomingMessage): { readonly network: string; readonly isProxy: boolean } {
      const addresses = all(request, isTrusted);
      const hop = addresses.length - 1;
      const address = addresses[hop] ?? '';
      return { network: networkOf(withoutPort(address)), isProxy: isTrusted(address, hop) };
    },

    /** Returns null for a peer whose connections aren't limited: a trusted proxy, or this machine. */
    networkOfPeer: (address: string): string | null =>
      isTrusted(address, 0) || isLoopback(address) ? null : networkOf(address),

    /**
     * The scheme used by the client, reported by the nearest proxy: the first in the header, because each proxy appends
     * its own.
     */
    schemeOf({ headers, socket }: IncomingMessage): 'http' | 'https' {
      const { 'x-forwarded-proto': forwarded } = headers;
      if (typeof forwarded !== 'string' || !isTrusted(socket.remoteAddress ?? '', 0)) return 'http';
      return forwarded.split(',', 1)[0]?.trim().toLowerCase() === 'https' ? 'https' : 'http';
    },
  };
}
