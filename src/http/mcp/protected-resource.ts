/** OAuth 2.0 Protected Resource Metadata (RFC 9728): where a client of `/mcp` gets its token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../config/config.ts';
import { jsonAnswer, type HttpAnswer } from '../answer.ts';
import { MCP_PATH } from '../routes.ts';

/** A resource that callers access with tokens. */
export interface ProtectedResource {
  /** URL of the resource as seen by clients: `https://stepgate.example.com/mcp`. */
  readonly resource: string;
  /** Issuer identifier of the authorization server: the `iss` of its tokens. */
  readonly issuer: string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Returns null without PUBLIC_URL, or without an issuer that has an https URL. */
export function protectedResourceOf({ publicUrl, auth }: Pick<Config, 'publicUrl' | 'auth'>): ProtectedResource | null {
  const issuer = auth.mode === 'service' ? auth.tokens?.issuer : undefined;
  if (publicUrl === null || issuer === undefined || URL.parse(issuer)?.protocol !== 'https:') return null;
  return { resource: new URL(MCP_PATH.slice(1), publicUrl).href, issuer };
}

/**
 * Paths of the metadata at the resource's host: the one from RFC 9728, and the one without the path of the resource.
 */
export const metadataPaths = ({ resource }: ProtectedResource): readonly string[] => [
  WELL_KNOWN + new URL(resource).pathname,
  WELL_KNOWN,
];

/** Value of `WWW-Authenticate` with a 401. */
export const challengeOf = (resource: ProtectedResource): string =>
  `Bearer resource_metadata="${new URL(metadataPaths(resource)[0] ?? '', resource.resource).href}"`;

export function metadataAnswer({ resource, issuer }: ProtectedResource): HttpAnswer {
  const metadata = {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    resource_name: 'Stepgate',
  };
  const { headers, ...answer } = jsonAnswer(200, metadata);
  return { ...answer, headers: { ...headers, 'cache-control': 'no-cache' } };
}

/**
 * A handler for Express and `node:http` that responds to GET with the metadata of a resource. Mount it at
 * `/.well-known/oauth-protected-resource`, followed by the path of the resource, if the gateway is below a prefix or
 * authenticates with a hook. Throws TypeError if the resource isn't a URL.
 */
export function protectedResourceHandler(
  resource: ProtectedResource,
): (request: IncomingMessage, response: ServerResponse) => void {
  new URL(resource.resource);
  const { status, headers, body } = metadataAnswer(resource);
  return ({ method }, response) => {
    if (method === 'GET' || method === 'HEAD')
      response.writeHead(status, headers).end(method === 'GET' ? body : undefined);
    else response.writeHead(405, { allow: 'GET, HEAD' }).end();
  };
}
