/** Configures the prebuilt GraphiQL that the gateway serves at `/graphiql` without internet access. */
import styles from '#graphiql/graphiql.css?url';
import script from '#graphiql/graphiql.js?url';
import editorWorker from '#graphiql/editor.worker.js?url';
import graphqlWorker from '#graphiql/graphql.worker.js?url';
import jsonWorker from '#graphiql/json.worker.js?url';
import { keyStore } from '../session/key-store.ts';
import { deviceStorage } from '../session/storage.ts';
import { basePath, GRAPHQL_URL, STREAM_URL } from '../url/base-path.ts';

const QUERY = `# The latest runs of all workflows.
# The key of the run page is used, unless the headers below name another "authorization".
query LatestRuns {
  recentRuns(first: 10) {
    nodes {
      id
      workflowId
      status
      startedAt
      wallClockMs
      errorInfo {
        message
      }
    }
  }
}
`;

type Headers = Readonly<Record<string, string>>;
interface Request {
  readonly extensions?: { readonly headers?: Headers };
}

/** Sends the key of the run page, unless the request's headers name another key. */
function headersOf({ extensions }: Request): Headers {
  const { key } = keyStore.read();
  const isNamed = Object.keys(extensions?.headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
  return key === '' || isNamed ? {} : { authorization: `Bearer ${key}` };
}

declare global {
  var YogaGraphiQL: { readonly renderYogaGraphiQL: (root: Element, options: object) => void };
  var MonacoEnvironment: object;
}

globalThis.MonacoEnvironment = {
  getWorkerUrl: (_module: string, label: string) =>
    ({ json: jsonWorker, graphql: graphqlWorker })[label] ?? editorWorker,
};

const root = document.getElementById('root');
if (!root) throw new Error('The page is missing the element #root.');

const linked = new URLSearchParams(location.search).get('query');
const stylesheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: styles });
const graphiql = Object.assign(document.createElement('script'), { src: script });
graphiql.addEventListener('load', () => {
  globalThis.YogaGraphiQL.renderYogaGraphiQL(root, {
    endpoint: GRAPHQL_URL,
    subscriptionsProtocol: 'GRAPHQL_SSE',
    subscriptionsEndpoint: new URL(STREAM_URL, location.href).href,
    additionalHeaders: headersOf,
    // Headers may contain keys.
    shouldPersistHeaders: false,
    defaultQuery: QUERY,
    // On a later visit without a query, GraphiQL would open an empty tab.
    query: linked ?? deviceStorage.getItem('graphiql:query') ?? QUERY,
    logo: '<span></span>',
    title: `<a href="${basePath}/">Stepgate</a> · <a href="${GRAPHQL_URL}">Apollo Sandbox</a>`,
  });
});
document.head.append(stylesheet, graphiql);
