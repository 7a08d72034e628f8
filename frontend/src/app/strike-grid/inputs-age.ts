import { ContractRow } from '../live/wire';
import { easternClock } from '../ui/eastern-time';
import { ageText } from '../ui/format';

/** When the inputs of a contract's figures came, for a person; `now` is the market's time. */
export function inputsAge(row: ContractRow, now: number | null): string {
  const { quote_time, volatility_time, greeks_source } = row;
  const parts = [quote_time === null ? 'No quote' : `Quote of ${withAge(quote_time, now)}`];
  if (greeks_source === 'vendor') parts.push('greeks of the vendor’s last chain');
  else if (volatility_time !== null) parts.push(`volatility of ${withAge(volatility_time, now)}`);
  return parts.join('; ');
}

function withAge(ms: number, now: number | null): string {
  return easternClock(ms) + (now === null || now < ms ? '' : `, ${ageText(now - ms)} old`);
}
