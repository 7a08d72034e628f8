import { Injectable } from '@angular/core';
import { Stop } from '../live/clock';

/** Tells how tall an element is, and when that changes; a fake stands in for it in tests. */
@Injectable({ providedIn: 'root', useFactory: () => new BrowserSizes() })
export abstract class Sizes {
  /** Tell the inner height, px, now and whenever it changes. */
  abstract watchHeight(element: Element, tell: (height: number) => void): Stop;
}

/** The browser's observer. */
export class BrowserSizes extends Sizes {
  override watchHeight(element: Element, tell: (height: number) => void): Stop {
    const observer = new ResizeObserver(() => {
      tell(element.clientHeight);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }
}
