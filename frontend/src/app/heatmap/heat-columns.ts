import { HeatmapReply } from '../live/wire';

type Values = HeatmapReply['values'];

/** Columns of an answer with those of a later one in the place of what they were, and behind them. */
export function joinedColumns(before: HeatmapReply, since: HeatmapReply): HeatmapReply {
  const [from = Infinity] = since.t;
  const kept = before.t.filter((t) => t < from).length;
  const strikes = [...new Set([...before.strikes, ...since.strikes])].sort((a, b) => a - b);
  return {
    ...since,
    t: [...before.t.slice(0, kept), ...since.t],
    spot: [...before.spot.slice(0, kept), ...since.spot],
    strikes,
    values: [
      ...atStrikes(strikes, before.strikes, before.values.slice(0, kept)),
      ...atStrikes(strikes, since.strikes, since.values),
    ],
  };
}

/** The same answer without columns that begin after a moment, UNIX ms: a replay may leap back. */
export function columnsUntil(reply: HeatmapReply, now: number | null): HeatmapReply {
  const last = reply.t.at(-1);
  if (now === null || last === undefined || last <= now) return reply;
  const kept = reply.t.filter((t) => t <= now).length;
  return {
    ...reply,
    t: reply.t.slice(0, kept),
    spot: reply.spot.slice(0, kept),
    values: reply.values.slice(0, kept),
  };
}

/** Columns with a cell for each strike; an answer leaves out those that are blank in all of it. */
function atStrikes(strikes: readonly number[], told: readonly number[], columns: Values): Values {
  if (told.length === strikes.length) return columns;
  const places = new Map(told.map((strike, place) => [strike, place]));
  return columns.map((column) => strikes.map((strike) => column[places.get(strike) ?? -1] ?? null));
}
