/** What to do when the page is live again: what happened meanwhile may be too old for the first event. */
import { useEffect, useEffectEvent, useRef } from 'react';
import { useLiveState } from './connection.ts';

/** The connection is lost, and let go of while the page is hidden. Of its first start nothing is missed. */
export function useLiveAgain(call: () => void): void {
  const { kind } = useLiveState();
  const latest = useEffectEvent(call);
  const mayLack = useRef(false);
  useEffect(() => {
    if (kind === 'off' || kind === 'connecting') return;
    if (kind === 'live' && mayLack.current) latest();
    mayLack.current = true;
  }, [kind]);
}
