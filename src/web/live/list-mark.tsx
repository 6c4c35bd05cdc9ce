/** Shows whether a list updates live. */
import { CloudOff, Radio } from 'lucide-react';
import { useLiveState } from './connection.ts';
import './list-mark.css';

/** `isStale`: the list's own answer says that its data is stale. */
export function ListMark({ isStale }: { readonly isStale: boolean }) {
  const { kind } = useLiveState();
  const isLost = kind === 'reconnecting';
  const isLive = kind === 'live' && !isStale;
  return (
    <span className={`list-mark${isLost ? ' is-lost' : isLive ? ' is-live' : ''}`} role="status">
      {isLost && (
        <>
          <CloudOff aria-hidden="true" /> Reconnecting… This may be out of date.
        </>
      )}
      {isLive && (
        <>
          <Radio aria-hidden="true" /> Live
        </>
      )}
      {kind === 'unavailable' && 'Refreshed every 10 seconds'}
    </span>
  );
}
