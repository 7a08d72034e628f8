import { TestBed } from '@angular/core/testing';
import { linked, PageLink } from './page-link';

function opened(hash: string) {
  window.location.hash = hash;
  TestBed.resetTestingModule();
  const choice = TestBed.runInInjectionContext(() =>
    linked('lens', 'lens', 'gamma', ['gamma', 'delta', 'charm']),
  );
  return { choice, link: TestBed.inject(PageLink) };
}

describe('the page’s link', () => {
  beforeEach(() => {
    localStorage.clear();
  });
  afterEach(() => {
    window.location.hash = '';
  });

  it('keeps its fields apart, and reads well', () => {
    const { link } = opened('#date=2014-06-06&t=10:15:00');
    link.tell({ t: '10:16:00', strike: '602.5' });
    expect(window.location.hash).toBe('#date=2014-06-06&t=10:16:00&strike=602.5');
    expect([link.asked('t'), link.told('t')]).toEqual(['10:15:00', '10:16:00']);
    link.tell({ date: null, t: null, strike: null });
    expect(window.location.hash).toBe('');
  });

  it('names a choice that is not the usual one', () => {
    const { choice } = opened('');
    choice.choose('charm');
    expect(window.location.hash).toBe('#lens=charm');
    choice.choose('gamma');
    expect(window.location.hash).toBe('');
  });

  it('names what this browser remembers, too', () => {
    localStorage.setItem('spymaster.lens', 'delta');
    const { choice } = opened('');
    expect([choice.value(), window.location.hash]).toEqual(['delta', '#lens=delta']);
  });

  it('wins over what this browser remembers, and leaves that as it is', () => {
    localStorage.setItem('spymaster.lens', 'delta');
    expect(opened('#lens=charm').choice.value()).toBe('charm');
    expect(opened('#date=2014-06-06').choice.value()).toBe('gamma');
    expect(opened('#lens=nonsense').choice.value()).toBe('gamma');
    expect(localStorage.getItem('spymaster.lens')).toBe('delta');
  });
});
