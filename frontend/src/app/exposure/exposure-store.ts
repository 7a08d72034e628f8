import { computed, inject, Injectable } from '@angular/core';
import { ChainApi } from '../live/chain-api';
import { Freshness, freshnessOf } from '../live/freshness';
import { Now } from '../live/now';
import { Polling } from '../live/polling';
import { linked } from '../ui/page-link';
import { CONVENTION_KEYS, ConventionKey, conventionOf } from './conventions';
import { MEASURE_KEYS, MeasureKey, measureOf } from './measures';

const EVERY_MS = 1000;
/** The path moves by the minute. */
const PATH_EVERY_MS = 5000;

/** Dealers' exposure and its levels, by the convention the user chose. */
@Injectable({ providedIn: 'root' })
export class ExposureStore {
  private readonly api = inject(ChainApi);
  private readonly now = inject(Now);
  private readonly polling = inject(Polling);
  private readonly conventionChoice = linked<ConventionKey>(
    'positions',
    'convention',
    'flow',
    CONVENTION_KEYS,
  );
  private readonly measureChoice = linked<MeasureKey>('exposure', 'exposure', 'gex', MEASURE_KEYS);

  /** Whose positions are assumed. */
  readonly convention = computed(() => conventionOf(this.conventionChoice.value()));
  /** Which exposure is shown by strike. */
  readonly measure = computed(() => measureOf(this.measureChoice.value()));

  private readonly assumption = computed(() => this.convention().assumption);
  private readonly current = this.polling.start({
    question: this.assumption,
    every: EVERY_MS,
    ask: (assumption) => this.api.exposure(assumption),
  });
  private readonly past = this.polling.start({
    question: this.assumption,
    every: PATH_EVERY_MS,
    ask: (assumption) => this.api.exposurePath(assumption),
  });

  /** Exposures and levels now; null before they are known. */
  readonly reply = this.current.value;
  /** Why they are not; null when they are. */
  readonly error = this.current.error;
  /** Levels through the day, oldest first. */
  readonly path = computed(() => this.past.value()?.points ?? []);
  /** How old they are: as old as the stream's data, or as their own last answer. */
  readonly freshness = computed<Freshness>(() => {
    const at = this.current.receivedAt();
    const own = this.reply() === null || at === null ? 'fresh' : freshnessOf(this.now.wall() - at);
    const stream = this.now.freshness();
    if (own === 'dead' || stream === 'dead') return 'dead';
    return own === 'stale' ? own : stream;
  });

  /** Assume other positions. */
  chooseConvention(key: ConventionKey): void {
    this.conventionChoice.choose(key);
  }

  /** Show another exposure. */
  chooseMeasure(key: MeasureKey): void {
    this.measureChoice.choose(key);
  }
}
