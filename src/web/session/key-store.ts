/** The bearer key of this tab: kept for the session, never in an address, and gone with the tab. */

export interface KeyState {
  /** Empty: none, so one is asked for. */
  readonly key: string;
  /** True if the gateway refused the last one. */
  readonly wasRefused: boolean;
}

const NAME = 'stepgate.key';

/** Over the embedded upstream, the gateway names the key of its sample data. */
const sampleKey = (): string => document.querySelector<HTMLMetaElement>('meta[name=sample-key]')?.content ?? '';

function createKeyStore() {
  let state: KeyState = { key: sessionStorage.getItem(NAME) ?? sampleKey(), wasRefused: false };
  const listeners = new Set<() => void>();

  function become(next: KeyState): void {
    state = next;
    sessionStorage.setItem(NAME, next.key);
    for (const listener of listeners) listener();
  }

  return {
    sampleKey,
    read: () => state,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    use: (key: string) => {
      become({ key, wasRefused: false });
    },
    forget: () => {
      become({ key: '', wasRefused: false });
    },
    /** Of several requests with a bad key only the first counts: a new one may have been given since. */
    refuse: (key: string) => {
      if (state.key === key) become({ key: '', wasRefused: true });
    },
  };
}

export const keyStore = createKeyStore();
