/** The frame of every page: a key first, then what the address names. */
import { useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { ApolloProvider } from '@apollo/client/react';
import { Link, Route, Routes } from 'react-router';
import { createLiveConnection, LiveConnectionContext } from './live/connection.ts';
import { createClient } from './session/client.ts';
import { forgetUnshown } from './session/forget.ts';
import { KeyForm } from './session/key-form.tsx';
import { keyStore } from './session/key-store.ts';
import { Contained } from './shell/contained.tsx';
import { Masthead } from './shell/masthead.tsx';
import { Empty } from './shell/notices.tsx';
import { useTab } from './shell/tab.ts';
import type { Overlay } from './shortcuts/keys.ts';
import { Shortcuts } from './shortcuts/shortcuts.tsx';
import { RunPage } from './run/run-page.tsx';
import { WorkflowPage } from './workflow/workflow-page.tsx';
import { useInterval } from './timing/timing.ts';
import { HomePage } from './workflows/home-page.tsx';

export function App() {
  const { key, wasRefused } = useSyncExternalStore(keyStore.subscribe, keyStore.read);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Masthead
        hasKey={key !== ''}
        onSearch={() => {
          setOverlay('palette');
        }}
      />
      <main id="content" tabIndex={-1}>
        {key === '' ? (
          <KeyForm wasRefused={wasRefused} />
        ) : (
          <Pages key={key} bearer={key} overlay={overlay} onOverlay={setOverlay} />
        )}
      </main>
    </>
  );
}

/** A page may be open for days. */
const FORGET_EVERY_MS = 600_000;

interface PagesProps {
  readonly bearer: string;
  readonly overlay: Overlay | null;
  readonly onOverlay: (overlay: Overlay | null) => void;
}

/** With another key everything begins anew: nothing that one key may see is left for the next. */
function Pages({ bearer, overlay, onOverlay }: PagesProps) {
  const [client, connection] = useMemo(() => {
    const live = createLiveConnection();
    return [createClient(bearer, live), live] as const;
  }, [bearer]);
  useInterval(() => {
    forgetUnshown(client);
  }, FORGET_EVERY_MS);
  return (
    <ApolloProvider client={client}>
      <LiveConnectionContext value={connection}>
        <Routes>
          <Route index element={contained('the list of runs', <HomePage />)} />
          <Route path="workflows/:workflowId" element={contained('the workflow', <WorkflowPage />)} />
          <Route path="workflows/:workflowId/runs/:runId" element={contained('the run', <RunPage />)} />
          <Route path="*" element={<NotFound />} />
        </Routes>
        <Shortcuts open={overlay} onOpen={onOverlay} />
      </LiveConnectionContext>
    </ApolloProvider>
  );
}

const contained = (what: string, page: ReactNode) => <Contained what={what}>{page}</Contained>;

function NotFound() {
  useTab('Page not found');
  return (
    <Empty isPage title="Page not found">
      <Link to="/">All failures and runs</Link>
    </Empty>
  );
}
