/**
 * Properties are checked with the same values in each run, so that a failure can be repeated. `npm run soak` takes other ones.
 * The failures that mutants cause are not read, so they need not be shrunk: that takes longer than the test.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_125, endOnFailure: process.env.MUTANT !== undefined });
