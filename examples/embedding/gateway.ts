/** A gateway with its own field, authenticate hook, check of operations and observer. */
import { createServer, GraphQLError, type GatewayServer, type Identity, type StepgateOptions } from 'stepgate';

/** Callers by their keys. In production this is a database, or a service of the platform. */
const TEAMS = new Map<string | null, Identity>([
  [
    'key-of-support',
    { upstreamKey: 'demo-key', workflowIds: ['support-triage'], attributes: { centsPerToken: '0.02' } },
  ],
  ['key-of-finance', { upstreamKey: 'demo-key', workflowIds: 'all', attributes: { centsPerToken: '0.03' } }],
]);

const OPTIONS: StepgateOptions = {
  authenticate: ({ credential }) => TEAMS.get(credential) ?? null,

  extension: {
    typeDefs: `
      extend type Run {
        "Price of its tokens for the calling team, in cents. Null if no step reports its tokens."
        costInCents: Float
      }
    `,
    fields: {
      Run: {
        costInCents: {
          requirement: 'STEPS',
          cacheMs: Infinity,
          resolve({ tokenUsage: { totalTokens } }, _args, { viewer }) {
            return totalTokens === null ? null : totalTokens * Number(viewer.attributes.centsPerToken);
          },
        },
      },
    },
  },

  plugins: [
    {
      requestDidStart: () =>
        Promise.resolve({
          didResolveOperation({ operationName }) {
            if (operationName !== null) return Promise.resolve();
            throw new GraphQLError('Give the operation a name.', { extensions: { code: 'NAME_MISSING' } });
          },
        }),
    },
  ],

  onOperation({ name, outcome, durationMs }) {
    if (outcome === 'upstream_error') process.stderr.write(`${String(name)} failed after ${String(durationMs)} ms\n`);
  },
};

export const startGateway = (options: StepgateOptions): Promise<GatewayServer> =>
  createServer({ ...OPTIONS, ...options });

if (import.meta.main) {
  const gateway = await startGateway({ port: Number(process.env.PORT ?? 4000) });
  process.stdout.write(`GraphQL: ${gateway.url}/graphql\n`);
  process.once('SIGTERM', () => void gateway.close());
}
