/** Bearer key, stored for this tab or, if the user chooses so, on this device. It is never part of a URL. */
import { deviceStorage, tabStorage } from './storage.ts';

export interface KeyState {
  /** `null` shows the sign-in form. Empty: the host or a proxy signs the caller in, or that isn't known yet. */
  readonly key: string | null;
  /** Whether the gateway rejected the last key. */
  readonly wasRefused: boolean;
}

const NAME = 'stepgate.key';

/** With the embedded upstream, the gateway provides the key of its sample data. */
const sampleKey = (): string => document.querySelector<HTMLMetaElement>('meta[name=sample-key]')?.content ?? '';

function createKeyStore() {
  // An empty key in the tab means signed out: the sample key must not sign in again.
  const stored = tabStorage.getItem(NAME) ?? deviceStorage.getItem(NAME);
  let state: KeyState = { key: stored === '' ? null : (stored ?? sampleKey()), wasRefused: false };
  const listeners = new Set<() => void>();

  function become(next: KeyState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  function forget(wasRefused: boolean): void {
    if (deviceStorage.getItem(NAME) === state.key) deviceStorage.removeItem(NAME);
    if (state.key !== '') tabStorage.setItem(NAME, '');
    become({ key: null, wasRefused: wasRefused && state.key !== '' });
  }

  // Another tab signed out of the remembered key.
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
      // The device may remember a different key for other tabs.
      else if (deviceStorage.getItem(NAME) === key) deviceStorage.removeItem(NAME);
      become({ key, wasRefused: false });
    },
    forget: () => forget(false),
    /** Ignores a late rejection of an earlier key: the user may have entered a new one since. */
    refuse: (key: string) => {
      if (state.key === key) forget(true);
    },
  };
}

export const keyStore = createKeyStore();
