/** Browser storage for this tab and for this device. Without access to it, values last as long as the page. */

/** The property access itself throws in a browser that blocks storage. */
function open(name: 'localStorage' | 'sessionStorage'): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return window[name];
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}

export const tabStorage = open('sessionStorage');
export const deviceStorage = open('localStorage');
