/** Frame of every page: the sign-in form without a key, otherwise the page of the route. */
import { useMemo, useState, useSyncExternalStore } from 'react';
import { ApolloProvider } from '@apollo/client/react';
import { Link, Route, Routes, useLocation } from 'react-router';
import { createLiveConnection, LiveConnectionContext } from './live/connection.ts';
import { createOutages, OutagesContext } from './live/outages.ts';
import { Caller } from './session/caller.tsx';
import { createClient, forgetUnshown } from './session/client.ts';
import { keyStore } from './session/key-store.ts';
import { Arrival } from './shell/arrival.tsx';
import { lazyPart } from './shell/lazy-part.tsx';
import { Masthead } from './shell/masthead.tsx';
import { Empty } from './shell/notices.tsx';
import { OutageBanner } from './shell/outage-banner.tsx';
import { useTab } from './shell/tab.ts';
import type { Overlay } from './shortcuts/keys.ts';
import { Shortcuts } from './shortcuts/shortcuts.tsx';
import { useInterval } from './hooks/timing.ts';
import { HOME } from './url/links.ts';

const KeyForm = lazyPart(() => import('./session/key-form.tsx'), 'the sign-in form');
/** A link to one page loads no code of the others. */
const HomePage = lazyPart(() => import('./home/home-page.tsx'), 'the list of runs');
const CostPage = lazyPart(() => import('./cost/cost-page.tsx'), 'the cost');
const WorkflowPage = lazyPart(() => import('./workflow/workflow-page.tsx'), 'the workflow');
const RunPage = lazyPart(() => import('./run/run-page.tsx'), 'the run');

export function App() {
  const { key, wasRefused } = useSyncExternalStore(keyStore.subscribe, keyStore.read);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Masthead isSignedIn={key !== null} hasKey={key !== null && key !== ''} onSearch={() => setOverlay('palette')} />
      {key === null ? (
        <main id="content" tabIndex={-1}>
          <KeyForm wasRefused={wasRefused} />
        </main>
      ) : (
        <Pages key={key} bearer={key} overlay={overlay} onOverlay={setOverlay} />
      )}
    </>
  );
}

/** Interval between cache cleanups: a page may stay open for days. */
const FORGET_EVERY_MS = 600_000;

interface PagesProps {
  readonly bearer: string;
  readonly overlay: Overlay | null;
  readonly onOverlay: (overlay: Overlay | null) => void;
}

/** Each key has its own client and cache, so no data of the previous key remains. */
function Pages({ bearer, overlay, onOverlay }: PagesProps) {
  const [client, connection, outages] = useMemo(() => {
    const live = createLiveConnection();
    return [createClient(bearer, live), live, createOutages()] as const;
  }, [bearer]);
  useInterval(() => forgetUnshown(client), FORGET_EVERY_MS);
  return (
    <ApolloProvider client={client}>
      <LiveConnectionContext value={connection}>
        <OutagesContext value={outages}>
          <OutageBanner />
          <main id="content" tabIndex={-1}>
            <Caller isKnown={bearer !== ''}>
              {/* Without the React key, one run would inherit the state of another. */}
              <Routes key={useLocation().pathname}>
                <Route index element={<HomePage />} />
                <Route path="cost" element={<CostPage />} />
                <Route path="workflows/:workflowId" element={<WorkflowPage />} />
                <Route path="workflows/:workflowId/runs/:runId" element={<RunPage />} />
                <Route path="*" element={<NotFound />} />
              </Routes>
            </Caller>
          </main>
          <Arrival />
          <Shortcuts open={overlay} onOpen={onOverlay} />
        </OutagesContext>
      </LiveConnectionContext>
    </ApolloProvider>
  );
}

function NotFound() {
  useTab('Page not found');
  return (
    <Empty isPage title="Page not found">
      <Link to={HOME}>All failures and runs</Link>
    </Empty>
  );
}
