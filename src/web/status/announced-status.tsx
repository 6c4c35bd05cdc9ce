/** Announces status changes to screen readers, but not the initial status. */
import { useState } from 'react';
import { statusWord, type Status } from './status.tsx';

export function AnnouncedStatus({ of, status }: { readonly of: string; readonly status: Status | null }) {
  const [last, setLast] = useState({ status, text: '' });
  if (status !== last.status) {
    setLast({ status, text: status === null || last.status === null ? '' : `${of}: ${statusWord(status)}` });
  }
  return (
    <p role="status" className="visually-hidden">
      {last.text}
    </p>
  );
}
