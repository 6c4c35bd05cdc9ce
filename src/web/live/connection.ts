/** State of the page's live connection. */
import { createContext, use, useSyncExternalStore } from 'react';

export type LiveState =
  | { readonly kind: 'off' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Lost at `since` (milliseconds since 1970); a reconnect is pending. */
  | { readonly kind: 'reconnecting'; readonly since: number }
  /** The gateway offers no live connection, so the page polls. */
  | { readonly kind: 'unavailable' };

export interface LiveConnection {
  readonly read: () => LiveState;
  readonly become: (state: LiveState) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createLiveConnection(): LiveConnection {
  let state: LiveState = { kind: 'off' };
  const listeners = new Set<() => void>();
  return {
    read: () => state,
    become(next) {
      if (next.kind === state.kind) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const LiveConnectionContext = createContext(createLiveConnection());

export function useLiveState(): LiveState {
  const connection = use(LiveConnectionContext);
  return useSyncExternalStore(connection.subscribe, connection.read);
}
