/** What a browser keeps for the page: for this tab, and on this device. One that may store nothing forgets it with the page. */

/** In such a browser it is an error to name it. */
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
