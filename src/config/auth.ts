/** Authentication settings: the key that is sent upstream, and how callers are verified. */
import { z } from 'zod';
import { HTTP, listOf, matching, oneOf, optional, readBy, readUrl, SECRET, text, wholeNumber } from './forms.ts';

/** Key pairs only: anyone who can verify tokens with a shared secret can also create them. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;
const DEFAULT_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

/** The hash follows the last colon, since a right may contain colons. Rights need a name. */
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
  upstreamAuth: oneOf(['passthrough', 'service'])
    .default('passthrough')
    .describe("The key that is sent upstream: the caller's, or `UPSTREAM_API_KEY`."),
  upstreamApiKey: optional(matching(/^[\x21-\x7e]{1,4096}$/, 'a key without spaces').meta(SECRET)).describe(
    "The gateway's key for the upstream.",
  ),
  gatewayKeysSha256: optional(
    listOf(
      z.string().regex(GATEWAY_KEY).transform(readGatewayKey),
      'SHA-256 hashes in hex, as hash, name:hash or name+right:hash',
    ).meta(SECRET),
  ).describe('Keys that callers may send instead of a token. Keys with the same name are one caller.'),
  authJwks: optional(readBy(readKeySource, 'an http or https URL without credentials, or the path of a file')).describe(
    'The public keys of the token issuer, as a JSON Web Key Set.',
  ),
  authIssuer: optional(text('the value of `iss`')).describe('Required value of `iss`. Must be set with `AUTH_JWKS`.'),
  authAudience: optional(text('the value of `aud`')).describe('Required value of `aud`. Must be set with `AUTH_JWKS`.'),
  authAlgorithms: optional(listOf(z.enum(ALGORITHMS), `these: ${ALGORITHMS.join(', ')}`))
    .describe('Accepted signature algorithms.')
    .meta({ shownDefault: `\`${DEFAULT_ALGORITHMS.join()}\`` }),
  authClockToleranceSeconds: optional(wholeNumber(0, 300, 'seconds'))
    .describe('Accepted clock difference between issuer and gateway.')
    .meta({ shownDefault: '`0`' }),
  authOrganizationClaim: optional(text('the name of a claim')).describe(
    "Claim with the id of the caller's organization. Needs the upstream's `workflows` call.",
  ),
  authWorkflowsClaim: optional(text('the name of a claim')).describe(
    'Claim with the ids of the workflows that the caller may see.',
  ),
  authExecuteScope: optional(matching(/^\S{1,256}$/, 'a right without spaces, such as runs:execute')).describe(
    'Right required for mutations: in `scope`, `scp`, `roles` or `permissions` of a token, or among the rights of a key.',
  ),
};

type AuthSettings = z.output<z.ZodObject<typeof AUTH>>;
type Fail = (sentence: string) => never;

const PASSTHROUGH = Object.freeze({ mode: 'passthrough' });

export function authOf(settings: AuthSettings, offersWorkflows: boolean, fail: Fail) {
  const { upstreamApiKey: apiKey, gatewayKeysSha256: keys, authJwks: jwks, authExecuteScope: executeScope } = settings;
  const names = Object.keys(AUTH) as (keyof AuthSettings)[];
  const set = names.filter((name) => name !== 'upstreamAuth' && settings[name] !== null);
  if (settings.upstreamAuth === 'passthrough') {
    return set.length === 0 ? PASSTHROUGH : fail(`{upstreamAuth} must be service when {${set[0]}} is set.`);
  }
  if (apiKey === null) return fail('{upstreamApiKey} is required when {upstreamAuth} is service.');
  if (jwks === null) {
    const idle = set.find((name) => name.startsWith('auth') && name !== 'authExecuteScope');
    if (idle !== undefined) return fail(`{authJwks} is required when {${idle}} is set.`);
    if (keys === null) {
      return fail('{authJwks} or {gatewayKeysSha256} is required when {upstreamAuth} is service, to verify callers.');
    }
  }
  const tokens = jwks === null ? null : tokensOf(jwks, settings, offersWorkflows, fail);
  return Object.freeze({ mode: 'service', apiKey, keys: keys ?? [], executeScope, tokens });
}

function tokensOf(jwks: string, settings: AuthSettings, offersWorkflows: boolean, fail: Fail) {
  const { authIssuer: issuer, authAudience: audience, authOrganizationClaim: organizationClaim } = settings;
  if (issuer === null) return fail('{authIssuer} is required when {authJwks} is set.');
  if (audience === null) return fail('{authAudience} is required when {authJwks} is set.');
  if (organizationClaim !== null && !offersWorkflows) {
    return fail(
      '{upstreamEndpoints} must include workflows when {authOrganizationClaim} is set: only that call returns ' +
        'organizations. Alternatively, set {authWorkflowsClaim}.',
    );
  }
  return Object.freeze({
    jwks,
    issuer,
    audience,
    algorithms: settings.authAlgorithms ?? DEFAULT_ALGORITHMS,
    clockToleranceSeconds: settings.authClockToleranceSeconds ?? 0,
    organizationClaim,
    workflowsClaim: settings.authWorkflowsClaim,
  });
}
