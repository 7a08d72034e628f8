import {
  computed,
  effect,
  inject,
  Injectable,
  linkedSignal,
  signal,
  untracked,
} from '@angular/core';
import { Answer, Api, failureWords } from '../live/api';
import { Market } from '../live/market';
import { MarketStore } from '../live/market-store';
import { Now } from '../live/now';
import { ReplayRequest, SessionInfo, SessionReply } from '../live/wire';
import { easternClock, easternMicros } from '../ui/eastern-time';
import { daySpan, inside } from './day-span';
import { ReplayLink } from './replay-link';
import { nextSpeed, Speed } from './speeds';

/** HTTP's word for a day that the server does not have. */
const NOT_STORED = 404;

/** A time asked for. It is shown until frames show where the server went. */
interface Wanted {
  readonly at: number;
  /** What was shown when the server had answered; null while it has not. */
  readonly answeredAt: Market | null;
}

/** A moment that was asked for, of a day that the server does not have. */
export interface MissingDay {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** HH:MM:SS Eastern; null for the open. */
  readonly at: string | null;
  /** The server's words. */
  readonly message: string;
}

/** The replay: where it stands, and how to move it. The server's word holds. */
@Injectable({ providedIn: 'root' })
export class ReplayStore {
  private readonly api = inject(Api);
  private readonly store = inject(MarketStore);
  private readonly now = inject(Now);
  private readonly link = inject(ReplayLink);

  private readonly failure = signal<string | null>(null);
  private readonly coming = signal<string | null>(null);
  private readonly absent = signal<MissingDay | null>(null);
  private readonly wanted = signal<Wanted | null>(null);
  /** Where to stand still once that day is there; null for nowhere. */
  private readonly standing = signal<{ readonly date: string; readonly at: string } | null>(null);
  private seeking = false;

  private readonly replay = computed(() => this.store.session()?.replay ?? null);
  /** The mode to go back to; null when this page has seen none but replay. */
  readonly home = linkedSignal<SessionInfo['mode'] | undefined, 'live' | 'sim' | null>({
    source: () => this.store.session()?.mode,
    computation: (mode, previous) =>
      mode === undefined || mode === 'replay' ? (previous?.value ?? null) : mode,
  }).asReadonly();

  /** Why the last action was not taken; null when it was. */
  readonly error = this.failure.asReadonly();
  /** The day that is being loaded, YYYY-MM-DD; null when none is. */
  readonly loading = this.coming.asReadonly();
  /** What was asked for and is not stored; null when nothing is missing. */
  readonly missing = computed(() => {
    const absent = this.absent();
    const replayed = this.replay() === null ? null : this.store.session()?.date;
    return replayed === absent?.date ? null : absent;
  });
  /** Whether what is shown is live or simulated; null before that is known. */
  readonly live = computed(() => {
    const home = this.home();
    const mode = this.store.session()?.mode;
    return mode === undefined ? null : mode === home;
  });
  /** Whether there is a replay to control. */
  readonly ready = computed(() => this.replay() !== null && this.coming() === null);
  /** Whether market time moves on. */
  readonly playing = computed(() => this.replay()?.playing ?? false);
  /** Whether a replay has shown its last event. */
  readonly ended = computed(() => {
    const replay = this.replay();
    return replay !== null && !replay.playing && replay.position >= replay.end;
  });
  /** Null live, and before it is known. */
  readonly speed = computed<Speed | null>(() => {
    const session = this.store.session();
    return session === null ? null : (session.speed ?? 'max');
  });
  /** The stretch of the day; null before it is known. */
  readonly span = computed(
    () => {
      const session = this.store.session();
      return session === null ? null : daySpan(session);
    },
    { equal: (a, b) => a?.start === b?.start && a?.end === b?.end && a?.close === b?.close },
  );
  /** Market time, or the time asked for, UNIX ms; null before it is known. */
  readonly position = computed(() => {
    const wanted = this.wanted();
    const pending =
      wanted !== null && (wanted.answeredAt === null || wanted.answeredAt === this.store.market());
    return pending ? wanted.at : this.now.market();
  });

  constructor() {
    effect(() => {
      const [standing, session] = [this.standing(), this.store.session()];
      if (standing === null || session?.date !== standing.date || session.replay === null) return;
      untracked(() => {
        this.standing.set(null);
        void this.standAt(standing.at);
      });
    });
  }

  /** Play, or stand still. */
  async toggle(): Promise<void> {
    if (this.ready()) await this.control({ action: this.playing() ? 'pause' : 'play' });
  }

  /** Go to a time of the shown day, UNIX ms. Of times asked for in haste only the last counts. */
  async seek(at: number): Promise<void> {
    const span = this.span();
    if (!this.ready() || span === null) return;
    this.wanted.set({ at: inside(span, at), answeredAt: null });
    if (this.seeking) return;
    this.seeking = true;
    let going: number | null = null;
    for (let next = this.asked(); next !== going; next = this.asked()) {
      going = next;
      if (next !== null) await this.control({ action: 'seek', at: easternClock(next) });
    }
    this.seeking = false;
    this.wanted.update((wanted) =>
      wanted === null ? null : { ...wanted, answeredAt: this.store.market() },
    );
  }

  /** Go so many ms on or back, playing or not. */
  async move(ms: number): Promise<void> {
    const position = this.position();
    if (position !== null) await this.seek(position + ms);
  }

  /** Stand still one print or one second further on, or back. */
  async step(direction: 1 | -1, by: ReplayRequest['by']): Promise<void> {
    if (!this.ready()) return;
    if (direction > 0) {
      await this.control({ action: 'step', by });
      return;
    }
    const paused = await this.control({ action: 'pause' });
    if (paused?.replay) {
      const at = by === 'second' ? secondBefore(paused.replay.position) : this.beforeNewestPrint();
      if (at !== null) await this.control({ action: 'seek', at });
    }
  }

  /** Change the pace. */
  async choose(speed: Speed): Promise<void> {
    if (this.ready()) await this.control({ action: 'speed', speed });
  }

  /** The menu's next speed up (1) or down (-1). */
  async changePace(direction: 1 | -1): Promise<void> {
    const speed = this.speed();
    if (speed !== null) await this.choose(nextSpeed(speed, direction));
  }

  /** Replay a stored day; with a time (HH:MM:SS Eastern), stand still there. Says whether it does. */
  async open(date: string, at: string | null = null): Promise<boolean> {
    this.coming.set(date);
    const session = this.store.session();
    this.standing.set(null);
    const shown = session?.mode === 'replay' && session.date === date && session.replay !== null;
    const answer = shown ? null : await this.api.switchMode({ mode: 'replay', date });
    this.coming.set(null);
    if (answer?.kind === 'error' && answer.status === NOT_STORED) {
      this.failure.set(null);
      this.miss({ date, at, message: answer.detail });
      return false;
    }
    if (answer !== null && !this.heard(answer, 'Not replayed')) return false;
    this.absent.set(null);
    if (at === null) return true;
    // A server that has just begun loads the day behind its answer.
    if (answer?.kind === 'ok' && answer.value.replay === null) this.standing.set({ date, at });
    else await this.standAt(at);
    return true;
  }

  /** Say that a day is not there, as far as this page is concerned. */
  miss(day: MissingDay): void {
    this.absent.set(day);
  }

  /** Go on with what is shown, without the day that is missing. */
  giveUp(): void {
    const missing = this.absent();
    this.absent.set(null);
    if (missing !== null) this.link.forget(missing.date);
  }

  /** Back to live; to the simulator where there is no key. */
  async goLive(): Promise<void> {
    this.giveUp();
    if (this.live() !== false) return;
    this.standing.set(null);
    const home = this.home();
    const answer = await this.api.switchMode({ mode: home ?? 'live' });
    const simulated =
      home === null && answer.kind === 'error' ? await this.api.switchMode({ mode: 'sim' }) : null;
    this.heard(simulated ?? answer, 'Not switched');
  }

  /** Say why something was not even asked for. */
  complain(words: string): void {
    this.failure.set(words);
  }

  private async standAt(at: string): Promise<void> {
    if ((await this.control({ action: 'pause' })) !== null) {
      await this.control({ action: 'seek', at });
    }
  }

  private asked(): number | null {
    return this.wanted()?.at ?? null;
  }

  /** Just before the newest print that is shown, so that it is taken back; null without one. */
  private beforeNewestPrint(): string | null {
    const newest = this.store.prints().at(-1);
    return newest === undefined ? null : easternMicros(newest.row.t / 1000 - 1);
  }

  private async control(request: Partial<ReplayRequest>): Promise<SessionReply | null> {
    const answer = await this.api.controlReplay(request);
    if (!this.heard(answer, 'Not done') || answer.kind !== 'ok') return null;
    const { date, replay } = answer.value;
    if (replay !== null && request.action !== 'speed' && request.action !== 'play') {
      this.link.show(date, replay.position);
    }
    return answer.value;
  }

  private heard(answer: Answer<unknown>, undone: string): boolean {
    this.failure.set(answer.kind === 'ok' ? null : failureWords(answer, undone));
    return answer.kind === 'ok';
  }
}

/** The whole second before the one that a clock shows. */
function secondBefore(position: number): string {
  return easternClock(position - 1000);
}
