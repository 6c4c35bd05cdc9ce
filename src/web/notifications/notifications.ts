/** Browser notifications: a choice per device, off by default. None appears while the page is in the foreground. */
import { useEffect, useRef } from 'react';
import { deviceStorage } from '../session/storage.ts';

export interface News {
  /** News with the same key are shown once a day. */
  readonly key: string;
  readonly title: string;
  readonly body: string;
}

const NAME = 'stepgate.notifications';
/** One line per shown notification: its time, then its key. */
const SHOWN = 'stepgate.notified';
const DAY_MS = 86_400_000;
/** Their keys contain messages of the upstream, and the storage is limited. */
const MOST_SHOWN = 200;

/** `null` if the browser doesn't support notifications. */
export function notificationState(): 'on' | 'off' | 'blocked' | null {
  if (!('Notification' in window)) return null;
  if (Notification.permission === 'denied') return 'blocked';
  return Notification.permission === 'granted' && deviceStorage.getItem(NAME) !== null ? 'on' : 'off';
}

/** The browser asks for its permission only on a click. */
export async function switchNotifications(isWanted: boolean): Promise<void> {
  if (!isWanted) deviceStorage.removeItem(NAME);
  else if ((await Notification.requestPermission()) === 'granted') deviceStorage.setItem(NAME, 'on');
}

/** Shows the news that arrive after the first list. `null` or `undefined`: nothing is loaded yet. */
export function useNotifications(news: readonly News[] | null | undefined): void {
  const known = useRef<ReadonlySet<string>>(null);
  useEffect(() => {
    if (!news) return;
    const before = known.current;
    known.current = new Set([...(before ?? []), ...news.map(({ key }) => key)]);
    if (!before || !document.hidden || notificationState() !== 'on') return;
    for (const one of news) if (!before.has(one.key)) show(one);
  });
}

/** Another tab, or this page before a reload, may have shown it. */
function show({ key, title, body }: News): void {
  const lines = deviceStorage.getItem(SHOWN)?.split('\n') ?? [];
  const recent = lines.filter((line) => Date.now() - Number.parseInt(line, 10) < DAY_MS);
  if (recent.some((line) => line.endsWith(` ${key}`))) return;
  deviceStorage.setItem(SHOWN, [...recent, `${Date.now()} ${key}`].slice(-MOST_SHOWN).join('\n'));
  try {
    const notification = new Notification(title, { body, tag: key });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
  } catch {
    // Chrome on Android shows notifications only for a service worker.
  }
}
