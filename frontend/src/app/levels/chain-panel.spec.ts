import { DeferBlockBehavior, TestBed } from '@angular/core/testing';
import { fakes } from '../../testing/fakes';
import { ChainPanel } from './chain-panel';
import { movedTab } from './chain-view';

describe('movedTab', () => {
  it('leads round and round, and to both ends', () => {
    expect(movedTab('ArrowRight', 'heatmap')).toBe('smile');
    expect(movedTab('ArrowRight', 'levels')).toBe('heatmap');
    expect(movedTab('ArrowLeft', 'heatmap')).toBe('levels');
    expect(movedTab('Home', 'levels')).toBe('heatmap');
    expect(movedTab('End', 'smile')).toBe('levels');
    expect(movedTab('ArrowUp', 'smile')).toBeNull();
  });
});

describe('ChainPanel', () => {
  it('moves from tab to tab with the arrows, and keeps those keys', async () => {
    localStorage.clear();
    TestBed.configureTestingModule({
      imports: [ChainPanel],
      providers: fakes().providers,
      deferBlockBehavior: DeferBlockBehavior.Manual,
    });
    await TestBed.compileComponents();
    const fixture = TestBed.createComponent(ChainPanel);
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    const heard = vi.fn();
    document.addEventListener('keydown', heard);
    const tab = () => page.querySelector<HTMLElement>('[role="tab"][tabindex="0"]');
    const press = async (key: string) => {
      tab()?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      await fixture.whenStable();
    };
    await press('ArrowRight');
    expect(tab()?.textContent.trim()).toBe('Smile');
    expect(document.activeElement).toBe(tab());
    expect(page.querySelectorAll('[aria-selected="true"]')).toHaveLength(1);
    expect(heard).not.toHaveBeenCalled();
    await press('l');
    expect(heard).toHaveBeenCalledOnce();
    document.removeEventListener('keydown', heard);
  });
});
