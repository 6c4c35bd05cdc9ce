/** A gateway with additions of an embedder, and a client that sends each request several times. */
import { startGateway, type GraphqlAnswer, type QueryOptions } from '../harness/gateway.ts';

export interface EmbeddedGateway {
  readonly url: string;
  readonly query: (document: string, options?: QueryOptions) => Promise<GraphqlAnswer>;
  /** The answers to the first, second and third sending of the same request. */
  readonly thrice: (document: string, options?: QueryOptions) => Promise<readonly GraphqlAnswer[]>;
  readonly close: () => Promise<void>;
}

export async function startEmbedded(
  additions: Parameters<typeof startGateway>[1],
  environment: Readonly<Record<string, string>> = {},
): Promise<EmbeddedGateway> {
  const gateway = await startGateway(environment, additions);
  return {
    url: gateway.url,
    query: (document, options) => gateway.query(document, options),
    async thrice(document, options) {
      const answers: GraphqlAnswer[] = [];
      for (let sending = 0; sending < 3; sending += 1) answers.push(await gateway.query(document, options));
      return answers;
    },
    close: () => gateway.close(),
  };
}
