/** The variables of authentication: the key that is sent upstream, and the gateway's check of its callers. */
import { z } from 'zod';
import { HTTP, listOf, matching, oneOf, optional, readBy, readUrl, SECRET, wholeNumber } from './forms.ts';

/** Only key pairs: with a shared secret, a party that can check tokens can also create them. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;
const DEFAULT_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

/** The hash is behind the last colon, since a right may have colons. Rights need a name. */
const GATEWAY_KEY = /^(?:([\w.-]{1,64})((?:\+[\w.:/-]{1,64})*):)?([0-9a-f]{64})$/i;

function readGatewayKey(text: string) {
  const [, name = null, rights = '', hash = ''] = GATEWAY_KEY.exec(text) ?? [];
  return Object.freeze({ name, rights: rights.split('+').slice(1), sha256: Buffer.from(hash, 'hex') });
}

/** Some issuers have a query in the URL of their keys. */
function readKeySource(text: string): string | null {
  return !HTTP.test(text) || readUrl(text, HTTP, ['username', 'password', 'hash']) ? text : null;
}

export const AUTH = {
  UPSTREAM_AUTH: oneOf(['passthrough', 'service'])
    .default('passthrough')
    .describe("The key that is sent upstream: the caller's, or `UPSTREAM_API_KEY`."),
  UPSTREAM_API_KEY: optional(matching(/^[\x21-\x7e]{1,4096}$/, 'a key without spaces').meta(SECRET)).describe(
    "The gateway's key for the upstream.",
  ),
  GATEWAY_KEYS_SHA256: optional(
    listOf(
      z.string().regex(GATEWAY_KEY).transform(readGatewayKey),
      'SHA-256 hashes in hex, as hash, name:hash or name+right:hash',
    ).meta(SECRET),
  ).describe('Keys that callers may send instead of a token. Keys with the same name are one caller.'),
  AUTH_JWKS: optional(
    readBy(readKeySource, 'an http or https URL without credentials, or the path of a file'),
  ).describe('The public keys of the token issuer, as a JSON Web Key Set.'),
  AUTH_ISSUER: optional(z.string()).describe('Required value of `iss`. Must be set with `AUTH_JWKS`.'),
  AUTH_AUDIENCE: optional(z.string()).describe('Required value of `aud`. Must be set with `AUTH_JWKS`.'),
  AUTH_ALGORITHMS: optional(listOf(z.enum(ALGORITHMS), `these: ${ALGORITHMS.join(', ')}`))
    .describe('Accepted signature algorithms.')
    .meta({ shownDefault: `\`${DEFAULT_ALGORITHMS.join()}\`` }),
  AUTH_CLOCK_TOLERANCE_SECONDS: optional(wholeNumber(0, 300, 'seconds'))
    .describe('Accepted clock difference between issuer and gateway.')
    .meta({ shownDefault: '`0`' }),
  AUTH_ORGANIZATION_CLAIM: optional(z.string()).describe(
    "Claim with the id of the caller's organization. Needs the upstream's `workflows` call.",
  ),
  AUTH_WORKFLOWS_CLAIM: optional(z.string()).describe('Claim with the ids of the workflows that the caller sees.'),
  AUTH_EXECUTE_SCOPE: optional(matching(/^\S{1,256}$/, 'one word, such as runs:execute')).describe(
    'Right that a caller needs to start runs: in `scope`, `scp`, `roles` or `permissions` of a token, or among the rights of a key.',
  ),
};

type AuthVariables = z.output<z.ZodObject<typeof AUTH>>;
type Fail = (sentence: string) => never;

const PASSTHROUGH = Object.freeze({ mode: 'passthrough' });

export function authOf(variables: AuthVariables, offersWorkflows: boolean, fail: Fail) {
  const { UPSTREAM_API_KEY: apiKey, GATEWAY_KEYS_SHA256: keys, AUTH_JWKS: jwks } = variables;
  const names = Object.keys(AUTH) as (keyof AuthVariables)[];
  const set = names.filter((name) => name !== 'UPSTREAM_AUTH' && variables[name] !== null);
  if (variables.UPSTREAM_AUTH === 'passthrough') {
    return set.length === 0 ? PASSTHROUGH : fail(`UPSTREAM_AUTH must be service when ${set[0]} is set.`);
  }
  if (apiKey === null) return fail('UPSTREAM_API_KEY is required when UPSTREAM_AUTH is service.');
  if (jwks === null) {
    const idle = set.find((name) => name.startsWith('AUTH_') && name !== 'AUTH_EXECUTE_SCOPE');
    if (idle !== undefined) return fail(`AUTH_JWKS is required when ${idle} is set.`);
    if (keys === null) {
      return fail(
        'AUTH_JWKS or GATEWAY_KEYS_SHA256 is required when UPSTREAM_AUTH is service: callers are checked with them.',
      );
    }
  }
  const tokens = jwks === null ? null : tokensOf(jwks, variables, offersWorkflows, fail);
  return Object.freeze({
    mode: 'service',
    apiKey,
    keys: keys ?? [],
    executeScope: variables.AUTH_EXECUTE_SCOPE,
    tokens,
  });
}

function tokensOf(jwks: string, variables: AuthVariables, offersWorkflows: boolean, fail: Fail) {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_ORGANIZATION_CLAIM: organizationClaim } = variables;
  if (issuer === null) return fail('AUTH_ISSUER is required when AUTH_JWKS is set.');
  if (audience === null) return fail('AUTH_AUDIENCE is required when AUTH_JWKS is set.');
  if (organizationClaim !== null && !offersWorkflows) {
    return fail(
      'UPSTREAM_ENDPOINTS must include workflows when AUTH_ORGANIZATION_CLAIM is set: only that call returns organizations. ' +
        'Or narrow with AUTH_WORKFLOWS_CLAIM.',
    );
  }
  return Object.freeze({
    jwks,
    issuer,
    audience,
    algorithms: variables.AUTH_ALGORITHMS ?? DEFAULT_ALGORITHMS,
    clockToleranceSeconds: variables.AUTH_CLOCK_TOLERANCE_SECONDS ?? 0,
    organizationClaim,
    workflowsClaim: variables.AUTH_WORKFLOWS_CLAIM,
  });
}
