/** The one sentence about an outage, under the masthead of every view. */
import { Moment } from '../time/time.tsx';
import { useOutage } from '../live/outages.ts';
import { CloudOff } from './icons.tsx';

const REASONS = {
  upstream: 'workflow API isn’t answering.',
  gateway: 'gateway can’t be reached; this page keeps trying.',
} as const;

export function OutageBanner() {
  const outage = useOutage();
  return (
    <div role="status" className="outage status-cancelled">
      {outage && (
        <p>
          <CloudOff />
          <span>
            {outage.since !== null && (
              <strong>
                Stale since <Moment at={outage.since} />
                {': '}
              </strong>
            )}
            {outage.since === null ? 'The' : 'the'} {REASONS[outage.of]}
          </span>
        </p>
      )}
    </div>
  );
}
