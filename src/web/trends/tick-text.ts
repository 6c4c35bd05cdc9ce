/** Text of a tick on the time axis: the day at midnight, otherwise the time of day. No date appears twice. */

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_OF_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** `from` is the start of the axis. */
export function tickText(at: Date, from: Date): string {
  if (at.getTime() !== new Date(at).setHours(0, 0, 0, 0)) return TIME.format(at);
  return (at.getFullYear() === from.getFullYear() ? DAY : DAY_OF_YEAR).format(at);
}
