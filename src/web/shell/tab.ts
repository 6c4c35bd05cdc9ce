/** Title and icon of the browser tab: the current page and the status of its run. */
import { useEffect } from 'react';
import { statusWord, type Status } from '../status/status.tsx';
import { basePath } from '../url/base-path.ts';

const ICONS: Partial<Record<Status, string>> = {
  FAILED: 'icon-failed.svg',
  RUNNING: 'icon-running.svg',
  PENDING: 'icon-running.svg',
  WAITING: 'icon-running.svg',
  COMPLETED: 'icon-completed.svg',
};

export function useTab(title: string, status: Status | null = null): void {
  useEffect(() => {
    document.title = `${status === null ? '' : `${statusWord(status)} · `}${title} – Stepgate`;
    const icon = status === null ? undefined : ICONS[status];
    document
      .querySelector<HTMLLinkElement>('link[rel=icon]')
      ?.setAttribute('href', `${basePath}/assets/${icon ?? 'icon.svg'}`);
  }, [title, status]);
}
