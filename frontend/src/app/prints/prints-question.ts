import { PrintFilter } from '../live/flow-api';

/** A point of the flow chart whose prints are asked for. */
export interface PrintsQuestion {
  readonly filter: PrintFilter;
  /** First and last instant of the point, UNIX ms; the last is not in it. */
  readonly from: number;
  readonly to: number;
  /** Where the chart began to sum, UNIX ms. */
  readonly since: number;
  /** What the chart shows for the point alone, and since it began to sum, USD. */
  readonly flow: number;
  readonly pressure: number;
}
