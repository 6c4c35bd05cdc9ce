/** `describe` for tests that need Valkey: skipped if it is not installed, except in CI. */
import { describe } from '@jest/globals';
import { VALKEY } from './valkey.ts';

export const describeWithValkey = VALKEY === null && process.env.CI === undefined ? describe.skip : describe;
export const withoutValkey = VALKEY === null ? ' (skipped: there is no valkey-server on this machine)' : '';
