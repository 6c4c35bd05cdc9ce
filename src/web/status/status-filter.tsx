/** Menu that filters by status, stored in the URL. With no box checked, all statuses are shown. */
import { ChevronDown } from '../shell/icons.tsx';
import { STATUSES } from '../url/params.ts';
import { useUrl } from '../url/url.ts';
import { statusWord } from './status.tsx';

export function StatusFilter() {
  const url = useUrl();
  const { status: chosen } = url.params;
  return (
    <details
      className="status-filter"
      onBlur={({ currentTarget, relatedTarget }) => {
        // A click on a label has no related target.
        if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) currentTarget.open = false;
      }}
      onKeyDown={({ key, currentTarget }) => {
        if (key === 'Escape') currentTarget.open = false;
      }}
    >
      <summary className="button">
        {chosen.length === 0 ? 'Any status' : chosen.map(statusWord).join(', ')} <ChevronDown />
      </summary>
      <fieldset className="panel">
        <legend className="visually-hidden">Status</legend>
        {STATUSES.map((status) => (
          <label key={status} className="inline">
            <input
              type="checkbox"
              checked={chosen.includes(status)}
              onChange={({ target }) => {
                const next = target.checked ? [...chosen, status] : chosen.filter((one) => one !== status);
                url.go({ status: next });
              }}
            />
            {statusWord(status)}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
