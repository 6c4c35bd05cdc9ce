/** Browser storage for this tab and for this device. Values that it does not take last as long as the page. */

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

function open(name: 'localStorage' | 'sessionStorage'): Store {
  const unstored = new Map<string, string>();

  /** The property access throws in a browser that blocks storage, and `setItem` where the storage is full. */
  function attempt<Value>(access: (storage: Store) => Value): Value | null {
    try {
      return access(window[name]);
    } catch {
      return null;
    }
  }

  return {
    getItem: (key) => unstored.get(key) ?? attempt((storage) => storage.getItem(key)),
    setItem: (key, value) => {
      unstored.set(key, value);
      attempt((storage) => {
        storage.setItem(key, value);
        unstored.delete(key);
      });
    },
    removeItem: (key) => {
      unstored.delete(key);
      attempt((storage) => storage.removeItem(key));
    },
  };
}

export const tabStorage = open('sessionStorage');
export const deviceStorage = open('localStorage');
