/** Properties are checked with the same values in each run, so that a failure can be repeated. `npm run soak` takes other ones. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_125 });
