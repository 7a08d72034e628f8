import { TestBed } from '@angular/core/testing';
import { SectionNav } from './section-nav';

async function setUp() {
  const fixture = TestBed.createComponent(SectionNav);
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  const happen = async (type: string) => {
    window.dispatchEvent(new Event(type));
    await fixture.whenStable();
  };
  const tap = async (name: string) => {
    [...page.querySelectorAll('button')].find((one) => one.textContent.trim() === name)?.click();
    await fixture.whenStable();
  };
  return { happen, tap, marked: () => page.querySelector('.on')?.textContent.trim() };
}

describe('the sections under the thumb', () => {
  it('keep the mark on the one that was tapped until the user scrolls', async () => {
    const { happen, tap, marked } = await setUp();
    await tap('Tape');
    // The page is at its end, and that scrolls it no further.
    await happen('scroll');
    expect(marked()).toBe('Tape');
    await happen('touchmove');
    await happen('scroll');
    expect(marked()).toBe('Ladder');
  });
});
