/** The bearer key: kept for this tab, or on this device if its user says so; never in an address. */
import { deviceStorage, tabStorage } from './storage.ts';

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
  // An empty key of the tab: its user has signed out, and the sample key is not taken unasked.
  const found = tabStorage.getItem(NAME) ?? deviceStorage.getItem(NAME) ?? sampleKey();
  let state: KeyState = { key: found, wasRefused: false };
  const listeners = new Set<() => void>();

  function become(next: KeyState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  function forget(wasRefused: boolean): void {
    if (deviceStorage.getItem(NAME) === state.key) deviceStorage.removeItem(NAME);
    tabStorage.setItem(NAME, '');
    become({ key: '', wasRefused });
  }

  // Another tab has signed out of the key that was remembered for all of them.
  window.addEventListener('storage', ({ key, oldValue, newValue }) => {
    if (key === NAME && newValue === null && oldValue === state.key) forget(false);
  });

  return {
    sampleKey,
    read: () => state,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    use: (key: string, isRemembered: boolean) => {
      tabStorage.setItem(NAME, key);
      if (isRemembered) deviceStorage.setItem(NAME, key);
      // Other tabs may use another key that was remembered.
      else if (deviceStorage.getItem(NAME) === key) deviceStorage.removeItem(NAME);
      become({ key, wasRefused: false });
    },
    forget: () => {
      forget(false);
    },
    /** Of several requests with a bad key only the first counts: a new one may have been given since. */
    refuse: (key: string) => {
      if (state.key === key) forget(true);
    },
  };
}

export const keyStore = createKeyStore();
