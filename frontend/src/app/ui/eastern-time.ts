/** Market time. Everything on the page is Eastern, whatever the browser's zone. */

const EASTERN = 'America/New_York';

const CLOCK = new Intl.DateTimeFormat('en-US', {
  timeZone: EASTERN,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

const DAY = new Intl.DateTimeFormat('en-CA', {
  timeZone: EASTERN,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

const WEEKDAY = new Intl.DateTimeFormat('en-US', { timeZone: EASTERN, weekday: 'short' });

/** `10:15:03` in New York at a UNIX time in ms. */
export function easternClock(ms: number): string {
  return CLOCK.format(ms);
}

/** `10:15` in New York at a UNIX time in ms. */
export function easternMinute(ms: number): string {
  return CLOCK.format(ms).slice(0, 5);
}

/** `10:15:03.912` in New York at a UNIX time in ms. */
export function easternMillis(ms: number): string {
  const fraction = Math.floor(((ms % 1000) + 1000) % 1000);
  return `${CLOCK.format(ms)}.${String(fraction).padStart(3, '0')}`;
}

/** `10:15:03.912345` in New York at a UNIX time in µs. */
export function easternMicros(us: number): string {
  const whole = Math.floor(us);
  return `${CLOCK.format(whole / 1000)}.${String(whole % 1_000_000).padStart(6, '0')}`;
}

/** `2025-12-16` in New York at a UNIX time in ms. */
export function easternDay(ms: number): string {
  return DAY.format(ms);
}

/** `Wed` in New York at a UNIX time in ms. */
export function easternWeekday(ms: number): string {
  return WEEKDAY.format(ms);
}

/** Seconds since midnight in New York at a UNIX time in ms. */
export function easternSeconds(ms: number): number {
  const [hours, minutes, seconds] = CLOCK.format(ms).split(':').map(Number);
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/** Seconds since midnight of `10:15:03`, `10:15` or `101503`; null when it is no time of day. */
export function parseTimeOfDay(text: string): number | null {
  const match = /^(\d{1,2}):?([0-5]\d)(?::?([0-5]\d))?$/.exec(text.trim());
  if (!match) return null;
  const hours = Number(match[1]);
  return hours > 23 ? null : hours * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** Seconds since midnight as `10:15:03`. */
export function timeOfDay(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}

/** A span in ms as `5:44:57`, rounded up so that it reads 0:00:00 only when it is over. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600).toFixed(0);
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
