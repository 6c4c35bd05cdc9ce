// `import 'stepgate'`. It comes before the library, since an older Node fails to link that, with a sentence about zlib.
import problem from './node-version.cjs';

if (problem !== null) throw new Error(`${problem} Install Node 24.`);

export const {
  ConfigError,
  GatewayError,
  GraphQLError,
  HeaderMap,
  UpstreamError,
  createGateway,
  createHandler,
  settingsOf,
  stepgate,
} = await import('../dist/index.js');
