/** GraphiQL, for `/graphql` in a browser: with the gateway, and without the internet. */
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './graphiql.css';
import { StrictMode } from 'react';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { setNonce } from 'get-nonce';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { basePath, GRAPHQL_URL } from '../url/base-path.ts';
import { createFetcher } from './fetcher.ts';

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

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root.');
// Its dialogs add a style element, which the page's policy allows by this alone.
setNonce(document.querySelector<HTMLMetaElement>('meta[name=style-nonce]')?.content ?? '');

createRoot(root).render(
  <StrictMode>
    <GraphiQL fetcher={createFetcher()} plugins={[explorerPlugin()]} defaultQuery={QUERY}>
      <GraphiQL.Logo>
        <nav className="explorers" aria-label="Stepgate">
          <a href={`${basePath}/`}>Stepgate</a>
          <a href={`${GRAPHQL_URL}?explorer=sandbox`}>Apollo Sandbox</a>
        </nav>
      </GraphiQL.Logo>
    </GraphiQL>
  </StrictMode>,
);
