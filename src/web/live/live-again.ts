/** Hook for a reconnect. The first event after it may not include older changes. */
import { useEffect, useEffectEvent, useRef } from 'react';
import { useLiveState } from './connection.ts';

/** `call` runs after a lost connection or a hidden tab, but not on the first connection: nothing was missed before it. */
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
