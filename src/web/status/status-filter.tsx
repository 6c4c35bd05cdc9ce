/** Checkboxes that filter by status, stored in the URL. No checked box means all. */
import { STATUSES } from '../url/params.ts';
import { useUrl } from '../url/url.ts';
import { statusWord } from './status.tsx';

export function StatusFilter() {
  const url = useUrl();
  const { status: chosen } = url.params;
  return (
    <fieldset className="status-filter">
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
  );
}
