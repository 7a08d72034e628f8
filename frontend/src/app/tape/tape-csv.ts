import { TapeRow } from '../live/wire';
import { easternDay, easternMicros } from '../ui/eastern-time';

const COLUMNS: readonly (readonly [string, (row: TapeRow) => string | number | null])[] = [
  ['date', ({ t }) => easternDay(t / 1e6)],
  ['time_et', ({ t }) => easternMicros(t / 1e3)],
  ['ticker', ({ ticker }) => ticker],
  ['side', ({ side }) => side],
  ['aggressor', ({ aggressor }) => aggressor],
  ['size', ({ size }) => size],
  ['price', ({ price }) => price],
  ['premium', ({ premium }) => premium],
  ['bid', ({ bid }) => bid],
  ['ask', ({ ask }) => ask],
  ['quote_age_ms', (row) => row.quote_age_ms],
  ['rule', ({ rule }) => rule],
  ['confidence', ({ confidence }) => confidence],
  ['implied_volatility', (row) => row.implied_volatility],
  ['delta', ({ delta }) => delta],
  ['gamma', ({ gamma }) => gamma],
  ['spot', ({ spot }) => spot],
  ['hedging_pressure', (row) => row.hedging_pressure],
  ['exchange', ({ exchange }) => exchange],
  ['conditions', ({ conditions }) => conditions.join(' ')],
  ['tags', ({ tags }) => tags.join(' ')],
];

/** Prints as CSV, in the order given; what is unknown is empty. */
export function tapeCsv(rows: readonly TapeRow[]): string {
  const head = COLUMNS.map(([name]) => name).join(',');
  const lines = rows.map((row) => COLUMNS.map(([, value]) => value(row) ?? '').join(','));
  return [head, ...lines, ''].join('\r\n');
}
