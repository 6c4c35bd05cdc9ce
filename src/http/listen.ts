/** Starts listening. Errors name the variable to change. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config/config.ts';
import type { Logger } from '../observability/logger.ts';

/**
 * Connections waiting to be accepted, if the system allows that many. With Node's 511, thousands that connect at once
 * would wait for seconds.
 */
const BACKLOG = 16_384;

export interface ListenOn {
  readonly host: string;
  readonly port: number;
  /** Variable for the port. */
  readonly name: 'PORT' | 'OPS_PORT';
}

/**
 * Resolves to the port. Rejects with ConfigError for an invalid HOST or PORT. Later errors, such as a connection that
 * can't be accepted, are logged, and the server continues.
 */
export async function listen(server: Server, on: ListenOn, logger: Pick<Logger, 'error'>): Promise<number> {
  server.listen({ port: on.port, host: on.host, backlog: BACKLOG });
  await once(server, 'listening').catch((error: unknown) => {
    throw problemOf(error, on);
  });
  server.on('error', (err) => {
    logger.error({ err }, 'the server failed');
  });
  return (server.address() as AddressInfo).port;
}

/** Message for each system error code. */
const PROBLEMS: Readonly<Record<string, (on: ListenOn) => string>> = {
  EADDRINUSE: ({ host, port, name }) => `${name} must be a free port, got ${port}, which is in use at ${host}`,
  EACCES: ({ port, name }) => `${name} must be a port that this user may open, got ${port}`,
  ENOTFOUND: ofHost,
  EAI_AGAIN: ofHost,
  EADDRNOTAVAIL: ofHost,
  EAFNOSUPPORT: ofHost,
};

function ofHost({ host }: ListenOn): string {
  return `HOST must be an address of this machine, or a name of one, got ${JSON.stringify(host)}`;
}

function problemOf(error: unknown, on: ListenOn): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  const problem = PROBLEMS[code]?.(on);
  return problem === undefined ? error : new ConfigError(`${problem} (${code}).`, { cause: error });
}
