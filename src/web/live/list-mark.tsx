/** Whether a list shows by itself what changes. */
import { CloudOff, Radio } from 'lucide-react';
import { useLiveState } from './connection.ts';
import './list-mark.css';

export function ListMark() {
  const { kind } = useLiveState();
  const isLost = kind === 'reconnecting';
  return (
    <span className={`list-mark${isLost ? ' is-lost' : kind === 'live' ? ' is-live' : ''}`} role="status">
      {isLost && (
        <>
          <CloudOff aria-hidden="true" /> Reconnecting… This may be out of date.
        </>
      )}
      {kind === 'live' && (
        <>
          <Radio aria-hidden="true" /> Live
        </>
      )}
      {kind === 'unavailable' && 'Refreshed every 10 seconds'}
    </span>
  );
}
