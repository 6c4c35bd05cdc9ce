/**
 * Properties are checked with the same values in each run, so that failures can be repeated. `npm run soak` uses
 * other values. Failures of mutants are not read, so they are not shrunk, which takes longer than the test.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_125, endOnFailure: process.env.MUTANT !== undefined });
