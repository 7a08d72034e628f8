import { FetchReply } from '../live/wire';
import { grouped } from '../ui/format';
import { countdown } from '../ui/eastern-time';

/** How a fetch goes, ready to show. */
export interface FetchProgress {
  /** 0 to 1; null before the number of contracts is known. */
  readonly share: number | null;
  /** What is done. */
  readonly done: string;
  /** Blank before anything came. */
  readonly size: string;
  /** Blank when it cannot be told. */
  readonly left: string;
}

/** A running fetch in words. */
export function fetchProgress({
  contracts,
  contracts_done: done,
  bytes,
  seconds_left: left,
}: FetchReply): FetchProgress {
  return {
    share: contracts === null || contracts === 0 ? null : done / contracts,
    done:
      contracts === null
        ? 'asking which contracts traded'
        : `${grouped(done)} of ${grouped(contracts)} contracts`,
    size: bytes === 0 ? '' : sizeText(bytes),
    left: left === null ? '' : `about ${countdown(left * 1000).replace(/^0:/, '')} left`,
  };
}

/** Bytes as `412 MB`, decimal. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
