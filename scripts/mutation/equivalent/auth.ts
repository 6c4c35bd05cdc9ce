import type { Equivalent } from './equivalent.ts';

const FOR_THE_TYPES =
  'Only a token is not known at once, and only where tokens are configured. The types can not tell that.';
const AUTHENTICATE = 'known(credential) ?? (credential === null || !tokens ? NOBODY : tokens.verify(credential)),';

export const AUTH: readonly Equivalent[] = [
  { file: 'auth/authenticator.ts', line: AUTHENTICATE, replacement: 'false', reason: FOR_THE_TYPES },
  {
    file: 'auth/authenticator.ts',
    line: AUTHENTICATE,
    replacement: 'credential === null && !tokens',
    reason: FOR_THE_TYPES,
  },
  {
    file: 'auth/gateway-keys.ts',
    line: 'if (keys.length === 0) return false;',
    replacement: 'false',
    reason: 'Without keys none is found either. The line saves the hash of each token.',
  },
  {
    file: 'auth/jwks.ts',
    line: "return await readFile(path, 'utf8');",
    replacement: '""',
    reason: 'The parser reads bytes as UTF-8, too.',
  },
  {
    file: 'auth/jwks.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Neither null nor undefined is a key set.',
  },
  {
    file: 'auth/verified-callers.ts',
    line: "const keyOf = (credential: string): string => hash('sha256', credential, 'base64url');",
    replacement: '""',
    reason: 'The same hash in another form, which is nowhere shown.',
  },
  {
    file: 'auth/verified-callers.ts',
    line: 'if (!viewer) return CALLER_BYTES;',
    replacement: 'false',
    reason: 'Only good credentials are cached, and each has a viewer. The type of a caller allows none.',
  },
  {
    file: 'auth/verified-callers.ts',
    line: "const texts = [scope?.organizationId ?? '', ...(scope?.workflowIds ?? []), ...Object.entries(attributes).flat()];",
    replacement: '"Stryker was here!"',
    reason: 'An estimate of memory that is 34 bytes greater for some callers.',
  },
];
