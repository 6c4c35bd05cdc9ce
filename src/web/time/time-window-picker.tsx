/** Picker of a time window: the last hour, day or week, or a custom start and end. */
import { useId, useState } from 'react';
import { Link } from 'react-router';
import { useDraft } from '../hooks/draft.ts';
import type { Changes } from '../url/params.ts';
import { useUrl } from '../url/url.ts';
import { SPANS, spanOf, useTimeWindow } from './time-window.ts';

/** `all` is the label of the default, without a window. */
export function TimeWindowPicker({ all }: { readonly all: string }) {
  const url = useUrl();
  const { startedAfter, startedBefore } = useTimeWindow({ isClosed: true });
  const span = spanOf(url.params);
  // An emptied field stays visible, so that another time can be typed.
  const [isOpen, setIsOpen] = useState(false);
  const isExact = !span && (url.params.start ?? url.params.end) !== null;
  const choices = [
    { label: all, isChosen: !span && !isExact, changes: { since: null } },
    ...SPANS.map(({ name, label }) => ({ label, isChosen: span?.name === name, changes: { since: name } })),
    {
      label: 'Custom',
      isChosen: isExact,
      changes: { start: startedAfter ?? dayBefore(), end: startedBefore },
    },
  ];
  return (
    <div className="time-window toolbar">
      <div className="choice" role="group" aria-label="Time">
        {choices.map(({ label, isChosen, changes }) => (
          <Link
            key={label}
            className="button"
            to={url.link(changes)}
            aria-current={isChosen ? 'true' : undefined}
            onClick={() => setIsOpen(false)}
          >
            {label}
          </Link>
        ))}
      </div>
      {(isExact || (isOpen && !span)) && (
        <span className="moments" onFocus={() => setIsOpen(true)}>
          <MomentField label="From" value={startedAfter} changesOf={(start) => ({ start })} />
          <MomentField label="To" value={startedBefore} changesOf={(end) => ({ end })} />
        </span>
      )}
    </div>
  );
}

const dayBefore = (): string => new Date(Date.now() - 86_400_000).toISOString();

interface MomentFieldProps {
  readonly label: string;
  readonly value: string | null;
  readonly changesOf: (value: string) => Changes;
}

/** Time in the reader's zone. The URL changes when the field loses focus, or on Enter. */
function MomentField({ label, value, changesOf }: MomentFieldProps) {
  const url = useUrl();
  const id = useId();
  const known = value === null ? '' : localText(value);
  const draft = useDraft(known, (typed) => url.go(changesOf(typed && new Date(typed).toISOString())));

  function commitInput(input: HTMLInputElement): void {
    if (input.validity.valid) {
      draft.commit(input.value);
    } else {
      // A partly filled field has an empty value, so only the element itself can clear it.
      input.value = known;
      draft.type(known);
    }
  }

  return (
    <span className="inline">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        max="9999-12-31T23:59"
        value={draft.text}
        onChange={({ target }) => draft.type(target.value)}
        onBlur={({ target }) => commitInput(target)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') commitInput(currentTarget);
        }}
      />
    </span>
  );
}

/** Built from the parts of the local time, because a zone's offset may have seconds. */
function localText(moment: string): string {
  const date = new Date(moment);
  const digits = (part: number, length = 2): string => String(part).padStart(length, '0');
  const day = [digits(date.getFullYear(), 4), digits(date.getMonth() + 1), digits(date.getDate())].join('-');
  return `${day}T${digits(date.getHours())}:${digits(date.getMinutes())}`;
}
