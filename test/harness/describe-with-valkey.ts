/** `describe` for tests that need a Valkey. Where the machine has none they are skipped; CI does not allow that. */
import { describe } from '@jest/globals';
import { VALKEY } from './valkey.ts';

export const describeWithValkey = VALKEY === null && process.env.CI === undefined ? describe.skip : describe;
export const withoutValkey = VALKEY === null ? ' (skipped: there is no valkey-server on this machine)' : '';
