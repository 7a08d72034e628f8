import { Injectable } from '@angular/core';

const KEY = 'spymaster.token';

/** The access token the user gave, kept for this tab only. */
@Injectable({ providedIn: 'root' })
export class Access {
  /** The token, or null when none was given. */
  token(): string | null {
    return sessionStorage.getItem(KEY);
  }

  /** Keep a token for this tab. */
  keep(token: string): void {
    sessionStorage.setItem(KEY, token);
  }
}
