import { TestBed } from '@angular/core/testing';
import { answersArrive } from '../../testing/turns';
import { CommandBox } from './command-box';

describe('CommandBox', () => {
  afterEach(() => vi.unstubAllGlobals());

  async function copyWith(writeText: (text: string) => Promise<void>) {
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    const fixture = TestBed.createComponent(CommandBox);
    fixture.componentRef.setInput('command', 'uv run spymaster fetch 2025-12-16');
    await fixture.whenStable();
    const box = fixture.nativeElement as HTMLElement;
    box.querySelector('button')?.click();
    await answersArrive();
    await fixture.whenStable();
    return box.querySelector('button')?.textContent;
  }

  it('copies its command', async () => {
    const copied: string[] = [];
    const said = await copyWith((text) => {
      copied.push(text);
      return Promise.resolve();
    });
    expect([said, ...copied]).toEqual(['Copied', 'uv run spymaster fetch 2025-12-16']);
  });

  it('selects it where copying is forbidden', async () => {
    expect(await copyWith(() => Promise.reject(new Error('no')))).toBe('Copy');
    expect(window.getSelection()?.toString()).toBe('uv run spymaster fetch 2025-12-16');
  });
});
