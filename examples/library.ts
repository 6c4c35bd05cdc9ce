/** For Node's `--import`: `stepgate` is this repository's source. An installed package needs none of this. */
import { registerHooks } from 'node:module';

const LIBRARY = new URL('../src/index.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'stepgate' ? LIBRARY : specifier, context),
});
