/** The frame of every page: a key first, then what the address names. */
import { useMemo, useSyncExternalStore } from 'react';
import { ApolloProvider } from '@apollo/client/react';
import { Route, Routes } from 'react-router';
import { createLiveConnection, LiveConnectionContext } from './live/connection.ts';
import { createClient } from './session/client.ts';
import { KeyForm } from './session/key-form.tsx';
import { keyStore } from './session/key-store.ts';
import { Masthead } from './shell/masthead.tsx';
import { Empty } from './shell/notices.tsx';
import { RunPage } from './run/run-page.tsx';
import { WorkflowPage } from './workflow/workflow-page.tsx';
import { WorkflowsPage } from './workflows/workflows-page.tsx';

export function App() {
  const { key, wasRefused } = useSyncExternalStore(keyStore.subscribe, keyStore.read);
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Masthead hasKey={key !== ''} />
      <main id="content" tabIndex={-1}>
        {key === '' ? <KeyForm wasRefused={wasRefused} /> : <Pages key={key} bearer={key} />}
      </main>
    </>
  );
}

/** With another key everything begins anew: nothing that one key may see is left for the next. */
function Pages({ bearer }: { readonly bearer: string }) {
  const [client, connection] = useMemo(() => {
    const live = createLiveConnection();
    return [createClient(bearer, live), live] as const;
  }, [bearer]);
  return (
    <ApolloProvider client={client}>
      <LiveConnectionContext value={connection}>
        <Routes>
          <Route index element={<WorkflowsPage />} />
          <Route path="workflows/:workflowId" element={<WorkflowPage />} />
          <Route path="workflows/:workflowId/runs/:runId" element={<RunPage />} />
          <Route path="*" element={<Empty isPage title="There is no page at this address" />} />
        </Routes>
      </LiveConnectionContext>
    </ApolloProvider>
  );
}
