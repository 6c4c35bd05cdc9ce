/** Frame of every page: the sign-in form without a key, otherwise the page of the route. */
import { useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { ApolloProvider } from '@apollo/client/react';
import { Link, Route, Routes, useLocation } from 'react-router';
import { createLiveConnection, LiveConnectionContext } from './live/connection.ts';
import { createClient } from './session/client.ts';
import { forgetUnshown } from './session/forget.ts';
import { KeyForm } from './session/key-form.tsx';
import { keyStore } from './session/key-store.ts';
import { Contained } from './shell/contained.tsx';
import { lazyPart } from './shell/lazy-part.tsx';
import { Masthead } from './shell/masthead.tsx';
import { Empty } from './shell/notices.tsx';
import { useTab } from './shell/tab.ts';
import type { Overlay } from './shortcuts/keys.ts';
import { Shortcuts } from './shortcuts/shortcuts.tsx';
import { RunPage } from './run/run-page.tsx';
import { WorkflowPage } from './workflow/workflow-page.tsx';
import { useInterval } from './timing/timing.ts';
import { HOME } from './url/links.ts';
import { useUrl } from './url/url.ts';
import { HomePage } from './workflows/home-page.tsx';

const CostPage = lazyPart(() => import('./cost/cost-page.tsx'), 'the cost');

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

/** A page may stay open for days, so the cache is cleaned at this interval. */
const FORGET_EVERY_MS = 600_000;

interface PagesProps {
  readonly bearer: string;
  readonly overlay: Overlay | null;
  readonly onOverlay: (overlay: Overlay | null) => void;
}

/** Each key has its own client and cache: no data of the previous key remains. */
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
        {/* Without the key, one run would keep the state of another. */}
        <Routes key={useLocation().pathname}>
          <Route index element={<Index />} />
          <Route path="workflows/:workflowId" element={contained('the workflow', <WorkflowPage />)} />
          <Route path="workflows/:workflowId/runs/:runId" element={contained('the run', <RunPage />)} />
          <Route path="*" element={<NotFound />} />
        </Routes>
        <Shortcuts open={overlay} onOpen={onOverlay} />
      </LiveConnectionContext>
    </ApolloProvider>
  );
}

/** The gateway serves the page at its root and below `/workflows` only. */
function Index() {
  return useUrl().params.view === 'cost' ? <CostPage /> : contained('the list of runs', <HomePage />);
}

const contained = (what: string, page: ReactNode) => <Contained what={what}>{page}</Contained>;

function NotFound() {
  useTab('Page not found');
  return (
    <Empty isPage title="Page not found">
      <Link to={HOME}>All failures and runs</Link>
    </Empty>
  );
}
