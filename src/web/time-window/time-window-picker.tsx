/** Chooses a stretch of time: the last hour, day or week, or from one moment to another. */
import { useId } from 'react';
import { Link } from 'react-router';
import { useUrlQuery } from '../url/query.ts';
import { EVERYTHING, SPANS, spanOf, TOP, useTimeWindow } from './time-window.ts';
import './time-window.css';

/** `all`: what is shown without a choice. */
export function TimeWindowPicker({ all }: { readonly all: string }) {
  const url = useUrlQuery();
  const { startedAfter, startedBefore } = useTimeWindow({ isClosed: true });
  const span = spanOf(url);
  const isExact = !span && (url.read('start') ?? url.read('end')) !== null;
  const choices = [
    { label: all, isChosen: !span && !isExact, changes: EVERYTHING },
    ...SPANS.map(({ name, label }) => ({
      label,
      isChosen: span?.name === name,
      changes: { ...EVERYTHING, since: name },
    })),
    {
      label: 'Exact',
      isChosen: isExact,
      changes: { ...EVERYTHING, start: startedAfter ?? dayBefore(), end: startedBefore },
    },
  ];
  return (
    <div className="time-window" role="group" aria-label="Time">
      <ul>
        {choices.map(({ label, isChosen, changes }) => (
          <li key={label}>
            <Link to={url.with(changes)} replace preventScrollReset aria-current={isChosen ? 'true' : undefined}>
              {label}
            </Link>
          </li>
        ))}
      </ul>
      {isExact && (
        <>
          <MomentField name="start" label="From" value={startedAfter} />
          <MomentField name="end" label="To" value={startedBefore} />
        </>
      )}
    </div>
  );
}

const dayBefore = (): string => new Date(Date.now() - 86_400_000).toISOString();

interface MomentFieldProps {
  readonly name: 'start' | 'end';
  readonly label: string;
  readonly value: string | null;
}

/** In the reader's own time zone. */
function MomentField({ name, label, value }: MomentFieldProps) {
  const url = useUrlQuery();
  const id = useId();
  return (
    <span className="moment-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={value === null ? '' : localText(value)}
        onChange={({ target }) => {
          // A moment that is half typed is none: the address keeps the last whole one.
          const moment = target.value === '' ? null : new Date(target.value).toISOString();
          url.change({ [name]: moment, ...TOP }, { replace: true });
        }}
      />
    </span>
  );
}

function localText(moment: string): string {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
