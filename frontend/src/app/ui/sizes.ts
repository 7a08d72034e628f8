import { Injectable } from '@angular/core';
import { Stop } from '../live/clock';

/** Inner size of an element, px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Tells how large an element is, and when that changes; a fake stands in for it in tests. */
@Injectable({ providedIn: 'root', useFactory: () => new BrowserSizes() })
export abstract class Sizes {
  /** Tell the inner size now and whenever it changes. */
  abstract watchSize(element: Element, tell: (size: Size) => void): Stop;

  /** Tell the inner height, px, now and whenever it changes. */
  watchHeight(element: Element, tell: (height: number) => void): Stop {
    return this.watchSize(element, ({ height }) => {
      tell(height);
    });
  }
}

/** The browser's observer. */
export class BrowserSizes extends Sizes {
  override watchSize(element: Element, tell: (size: Size) => void): Stop {
    const observer = new ResizeObserver(() => {
      tell({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }
}
